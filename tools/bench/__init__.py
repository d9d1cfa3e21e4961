"""What the product can carry: throughput and waiting times beside a bare WSGI function that runs the same SQL.

python -m tools.bench            everything, within twelve minutes; writes the figures into docs/performance.md
python -m tools.bench --large    pages and memory at a million guests, within fifteen; writes its own part of it
python -m tools.bench --quick    short rounds, to see that it works; prints and writes nothing

``world`` makes the databases, ``servers`` starts the product and ``bare``, ``posts`` says what clients send, ``load``
sends it from a process of its own, ``compare`` lets both take turns, ``evidence`` holds what was acknowledged against
what is stored, ``page`` counts what a first visit costs, ``guests`` makes guests by the thousand and ``sizes`` asks
what pages cost then, ``report`` writes it down.
"""
