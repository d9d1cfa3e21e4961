"""Words that passwords are made of most often, Danish and English, and rows of keys. All in small letters."""

from __future__ import annotations

_TEXT = """
password passwort passord adgangskode kodeord kode login admin administrator root user bruger guest gaest gæst test
testtest demo welcome velkommen hello hej hejsa goddag morning letmein lukmigind open sesame secret hemmelig hemmelighed
master default changeme skiftmig temp temporary midlertidig computer internet google facebook linkedin twitter microsoft
windows office outlook apple iphone samsung android ubuntu linux server mysql oracle cisco router
qwerty qwertyuiop qwertz azerty asdfgh asdfghjkl asdf zxcvbn zxcvbnm qazwsx qazwsxedc wsxedc edcrfv poiuyt lkjhgf
abc abcd abcde abcdef abcdefg abcdefgh xyz aaa bbb ccc ddd xxx zzz
1234567890 123456789 12345678 1234567 123456 12345 1234 0987654321 987654321 87654321 654321 54321 4321 123123 112233
121212 111111 000000 222222 333333 444444 555555 666666 777777 888888 999999 696969 159753 147258
1q2w3e4r 1q2w3e 1qaz2wsx
iloveyou jegelskerdig elsker love kaerlighed kærlighed skat baby angel princess prinsesse prins dragon drage monkey abe
shadow skygge sunshine solskin football fodbold soccer baseball basketball hockey haandbold håndbold superman batman
spiderman starwars pokemon minecraft ninja killer hunter ranger soldier buster tigger cookie chocolate chokolade ginger
pepper summer sommer winter vinter spring foraar forår autumn efteraar efterår january januar february februar
march marts
april may maj june juni july juli august september october oktober november december monday mandag tuesday tirsdag
wednesday onsdag thursday torsdag friday fredag saturday lørdag lordag sunday søndag sondag
kommune kommunen kommunal kobenhavn københavn koebenhavn copenhagen kbh kk raadhus rådhus raadhuset rådhuset borger
borgerservice forvaltning forvaltningen socialforvaltningen byraad byråd borgmester politik danmark denmark dansk danish
aarhus århus odense aalborg ålborg esbjerg randers sjaelland sjælland jylland fyn bornholm amager vesterbro nørrebro
frederiksberg hovedstaden debat hoering høring eventapp event arrangement billet ticket
brondby brøndby fck agf liverpool arsenal chelsea barcelona manchester united
michael jennifer jordan thomas charlie daniel george andrew robert jessica ashley nicole matthew anders peter jens lars
hans niels henrik soeren søren mette anne kirsten hanne marie maria louise camilla christian martin jesper rasmus mikkel
freedom frihed whatever trustno mustang ferrari porsche mercedes corvette harley yamaha
"""
COMMON = frozenset(_TEXT.split()) | {str(year) for year in range(1940, 2041)}
