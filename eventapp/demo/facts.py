"""The case as the e-mail of 6 November 2023 tells it, and what was invented so that it can be played.

What is invented is marked by its row (:mod:`eventapp.demo.invented`) or stands under a heading that says so.
Ministers appear by office. People and organisations are invented and live under ``example.org``.
"""

from __future__ import annotations

from datetime import date, time

from eventapp import clock
from eventapp.cases.actions import CaseFacts
from eventapp.events.actions import EventFacts, Hall, Place
from eventapp.events.models import QuotaKind
from eventapp.languages import OFFICIAL, SOURCE, Wording
from eventapp.web.permissions import Role


def both(danish: str, english: str) -> Wording:
    """A text that the demo has in two languages."""
    return Wording({OFFICIAL: danish, SOURCE: english})


# --- from the e-mail -----------------------------------------------------------------------------------------

MOTION_ON = date(2023, 2, 2)
DEBATE_ON = date(2023, 9, 28)
SENT_AT = clock.wall(date(2023, 11, 6), time(17, 19))
DEADLINE_AT = clock.wall(date(2023, 11, 24), time(12))
SLUG = "afkriminalisering-af-narkotika"
TASKS = (
    (
        "Udarbejde et forslag til politisk behandling om at rette henvendelse til regeringen med forslag om, at "
        "København bliver forsøgsby for afkriminalisering af narkotika.",
        "Prepare a proposal for political treatment about approaching the government, so that Copenhagen becomes a "
        "trial city for the decriminalisation of narcotics.",
    ),
    (
        "Undersøge, hvordan man i andre lande har eller er i gang med at afkriminalisere narkotika.",
        "Examine how other countries have decriminalised narcotics, or are doing so.",
    ),
    (
        "Invitere til et offentligt debatarrangement om afkriminalisering af narkotika, hvor social- og "
        "boligministeren og justitsministeren er inviteret.",
        "Invite to a public debate about the decriminalisation of narcotics, with the social and housing minister and "
        "the justice minister invited.",
    ),
)
OFFICES = (
    ("social- og boligministeren", "the social and housing minister", "Social-, Bolig- og Ældreministeriet", "sbm"),
    ("justitsministeren", "the justice minister", "Justitsministeriet", "jm"),
)
CATEGORIES = (
    ("Fagperson", "Professional"),
    ("Civilsamfundsaktør", "Civil-society actor"),
    ("Politiker", "Politician"),
    ("Københavner", "Copenhagener"),
)
BODIES = (("Socialudvalget", "Social Affairs Committee"), ("Borgerrepræsentationen", "City council"))
ADMINISTRATIONS = (
    ("Socialforvaltningen", "Social services administration", True),
    ("Andre relevante forvaltninger (ikke nærmere oplyst)", "Other relevant administrations (not named)", False),
)
HEARING_TITLE = both(
    "Høring om mulige spor for et forsøg med afkriminalisering af narkotika",
    "Hearing about possible tracks for a trial with decriminalisation of narcotics",
)

# --- invented, or chosen by us -------------------------------------------------------------------------------

CASE = CaseFacts(
    number="2023-0000001",
    title=both("Afkriminalisering af narkotika", "Decriminalisation of narcotics"),
    summary=both(
        (
            "Borgerrepræsentationen vedtog den 2. februar 2023 et medlemsforslag om afkriminalisering af narkotika. "
            "Socialforvaltningen har fået tre opgaver: et forslag om at skrive til regeringen, en undersøgelse af "
            "andre lande og et offentligt debatarrangement. Sagsnummer, salens grænse, høringsparter, personer, "
            "fremmøde og svar er demodata."
        ),
        (
            "On 2 February 2023 the city council adopted a motion about the decriminalisation of narcotics. The social "
            "services administration was given three tasks: a proposal to write to the government, a study of other "
            "countries, and a public debate. Case number, limit of the hall, parties, people, attendance and answers "
            "are demo data."
        ),
    ),
    origin=both("Medlemsforslag om afkriminalisering af narkotika", "Motion about the decriminalisation of narcotics"),
    origin_body="Borgerrepræsentationen",
    origin_on=MOTION_ON,
)
EVENT = EventFacts(
    title=both("Debat om afkriminalisering af narkotika", "Debate about the decriminalisation of narcotics"),
    starts_at=clock.wall(DEBATE_ON, time(17)),
    ends_at=clock.wall(DEBATE_ON, time(19)),
    doors_open_at=clock.wall(DEBATE_ON, time(16, 30)),
    registration_opens_at=clock.wall(date(2023, 8, 28), time(10)),
    registration_closes_at=clock.wall(DEBATE_ON, time(16, 45)),
    influence=both(
        (
            "Det, du siger, bliver samlet op efter tema og lagt i sagen, som politikerne tager stilling til. "
            "Bagefter kan "
            "du også sende input."
        ),
        (
            "What you say is summed up by theme and put into the case that the politicians decide on. Afterwards "
            "you can "
            "send input as well."
        ),
    ),
    photo_notice=both(
        "Demodata: Der bliver ikke taget billeder, og debatten bliver ikke streamet.",
        "Demo data: No pictures are taken, and the debate is not streamed.",
    ),
)
PLACE = Place(
    name="Festsalen, Københavns Rådhus",
    address="Rådhuspladsen 1, 1550 København V",
    access=both(
        (
            "Festsalen ligger på 2. sal. Gå op ad Præsidenttrappen. Der er elevator i forhuset og baghuset; "
            "elevatoren i "
            "baghuset tager én kørestol."
        ),
        (
            "The hall is on the second floor. Take the stairs called Præsidenttrappen. There are lifts in the "
            "front and "
            "the rear building; the one in the rear building takes one wheelchair."
        ),
    ),
)
HALL = Hall(
    name="Stolerækker (demodata)",
    max_persons=180,
    plan_reference="Demodata: pladsfordelingsplan D-1, ikke et rigtigt dokument",
    reserve_seats=12,
    seats={QuotaKind.PUBLIC: 150, QuotaKind.INVITED: 10, QuotaKind.PRESS: 6, QuotaKind.CREW: 2},
)
PROGRAMME = (
    (time(17), time(17, 10), "Velkomst", "Welcome"),
    (time(17, 10), time(17, 50), "Erfaringer med afkriminalisering", "Experience with decriminalisation"),
    (time(17, 50), time(18, 20), "Mulige tiltag i en forsøgsordning", "Possible measures in a trial"),
    (time(18, 20), time(18, 55), "Spørgsmål fra salen", "Questions from the floor"),
    (time(18, 55), time(19), "Tak for i aften", "Thank you for coming"),
)
THEMES = (
    ("Erfaringer fra andre lande", "Experience from other countries"),
    ("Behandling og hjælp", "Treatment and help"),
    ("Politi og straf", "Police and punishment"),
    ("Andet", "Something else"),
)
PURPOSE = (
    "Borgerrepræsentationen har pålagt Socialforvaltningen at holde et offentligt debatarrangement om "
    "afkriminalisering af narkotika og at invitere {office}.\n\n"
    "Vi beder om et oplæg på ti minutter om regeringens syn på erfaringerne fra andre lande og på en forsøgsordning i "
    "København."
)
QUESTION = both(
    (
        "Notatet beskriver mulige spor som led i et forsøg med afkriminalisering af narkotika i Københavns Kommune.\n\n"
        "Hvad mener I om sporene? Er der forhold, som notatet overser?"
    ),
    (
        "The memo describes possible tracks for a trial with the decriminalisation of narcotics in Copenhagen.\n\n"
        "What do you think of the tracks? Is there anything that the memo leaves out?"
    ),
)
PARTIES = (
    "Demoforeningen for Brugerstøtte",
    "Landsforeningen af Demopårørende",
    "Demorådet for Socialt Udsatte",
    "Demofagforeningen for Socialrådgivere",
    "Demoforeningen af Gadejurister",
    "Lokaludvalget i Demobydelen",
)
CONTACTS = (
    ("Sagsbehandler i Socialpolitik og Udvikling", "Caseworker", "Socialforvaltningen", "sagsbehandler@example.org"),
    ("Koordinator for høringen", "Coordinator of the hearing", "Socialforvaltningen", "hoering@example.org"),
)
STAFF = (
    ("organiser@example.org", "Anna Arrangør", Role.ORGANISER),
    ("protocol@example.org", "Per Protokol", Role.PROTOCOL),
    ("officer@example.org", "Sofie Sagsbehandler", Role.OFFICER),
    ("approver@example.org", "Gorm Godkender", Role.APPROVER),
    ("safety@example.org", "Dina Driftsansvarlig", Role.SAFETY),
    ("access@example.org", "Tilde Tilgængelighed", Role.ACCESS_OFFICER),
    ("auditor@example.org", "Rikke Revision", Role.AUDITOR),
    ("admin@example.org", "Adam Administrator", Role.ADMIN),
)
CONTRIBUTIONS = (
    (1, "Demodata: Jeg hørte om byer, hvor hjælpen kom først. Tag de erfaringer med.", "", "unnamed", True),
    (2, "Demodata: Der mangler steder, hvor man kan få hjælp om aftenen.", "Åse Ågård", "named", True),
    (3, "Demodata: Hvad betyder et forsøg for naboer?", "", "no", False),
)
ANSWERS_BEFORE = (
    (0, "Demodata: Vi støtter spor med rådgivning og beder om en plan for evaluering."),
    (2, "Demodata: Rådet har disse bemærkninger til notatet: inddrag pårørende tidligt."),
)
ANSWERS_LAST_DAY = (
    (
        3,
        clock.wall(date(2023, 11, 24), time(11, 59, 41)),
        "Demodata: Svar i sidste øjeblik: se på sagsbehandlernes tid.",
    ),
    (
        4,
        clock.wall(date(2023, 11, 24), time(12, 0, 1)),
        "Demodata: Vores svar kom et sekund for sent. Vi beder om, at det indgår.",
    ),
)
