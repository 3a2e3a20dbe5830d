"""The words of addresses that are written in several ways, each with the one form that is compared."""

from collections.abc import Mapping


def words_of(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


def forms_of(text: str) -> dict[str, str]:
    """The one form of each word; each line is one form, followed by others of the same word."""
    return {other: words[0] for words in map(str.split, text.strip().splitlines()) for other in words}


DIRECTIONS: Mapping[str, str] = forms_of(
    """
    n north norte
    s south sur
    e east este oriente ote
    w west oeste poniente pte
    ne northeast noreste
    nw northwest noroeste
    se southeast sureste sudeste
    sw southwest suroeste sudoeste
    """
)


def _roads(text: str) -> dict[tuple[str, ...], str]:
    """The one form of each way to write the kind of a road that has a number; each line is one form with its ways."""
    lines = (line.partition(": ") for line in text.strip().splitlines())
    return {tuple(way.split()): name.strip() for name, _, ways in lines for way in ways.split("|")}


ROADS = _roads(
    """
    sr: state rt|state rd|state hwy|st rt|st rd|st hwy|sh|state trunk hwy|sth
    cr: county rd|co rd|cnty rd|cty rd
    county hwy: county hwy|co hwy|cnty hwy|cty hwy|county trunk hwy|county trunk|cth
    us: united states hwy|united states rt|us hwy|us rt|u s hwy|u s rt|u s
    i: interstate|interstate hwy
    fm: farm to market rd|farm to market|fm rd
    rm: rnch to market rd|rnch to market|rm rd
    rr: rural rt
    twp rd: township rd|twp rd|twnshp rd
    pvt rd: private rd|pvt rd|priv rd|pr
    """
)
"""Roads that have a number, in the ways in which their kind is written before it."""

LOCAL_ROADS: Mapping[str, Mapping[tuple[str, ...], str]] = {
    "wi": ROADS | _roads("cr: county hwy|co hwy|cnty hwy|cty hwy|county trunk hwy|county trunk|cth"),
    "tx": ROADS | _roads("rm: rnch rd|rr"),
}
"""Those of states in which more of them are one: Ranch Road 620 and RM 620 are one road of Texas."""

NUMBERED = frozenset(words_of("hwy highway rt route rte fm rm rr sr cr us i sh cth sth"))
"""Words to which the number of a road may be joined: SR-9, US99."""

_UNITS = words_of("first second third fourth fifth sixth seventh eighth ninth")
_TEENS = words_of("tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth")
_TENS = words_of("twenty thirty forty fifty sixty seventy eighty ninety")
ORDINALS: Mapping[str, str] = {
    word: str(number)
    for number, word in [
        *enumerate(_UNITS + _TEENS, 1),
        *((20 + 10 * place, word[:-1] + "ieth") for place, word in enumerate(_TENS)),
        *enumerate(words_of("primera segunda tercera cuarta quinta sexta septima octava novena decima"), 1),
        *enumerate(words_of("primero segundo tercero cuarto quinto sexto septimo octavo noveno decimo"), 1),
    ]
}
TENS: Mapping[str, int] = {word: 20 + 10 * place for place, word in enumerate(_TENS)}
NUMBERS: Mapping[str, str] = {
    word: str(number)
    for number, word in enumerate(words_of("one two three four five six seven eight nine ten eleven twelve"), 1)
}
"""Of house numbers: One Main Street."""

DESIGNATORS = frozenset(
    words_of(
        """
    apt apts apartment apmt appt apartamento apto aptos apart unit units unidad condo ud ste suite flat no num nr
    nro numero number departamento depto dpto dept interior int whg wohnung wohng appartement
    piso planta puerta pta porte door
    """
    )
)
"""Words before the number of a unit that say nothing more than that it is one."""

INSIDE: Mapping[str, str] = forms_of(
    """
    bldg building edificio edif bat batiment
    tower torre twr
    block bloque blk
    wing
    esc escalera stair
    fl floor level
    etage stock stockwerk
    ph penthouse atico
    bsmt basement sotano keller souterrain sous
    rear back
    front frnt
    uppr upr upper upstairs
    lowr lwr lower downstairs
    gnd ground bajo
    entresuelo
    principal
    izq izquierda izda left lft links gauche
    dcha derecha dch right rght rechts droite
    eg erdgeschoss
    og obergeschoss
    dg dachgeschoss
    hinterhaus
    vorderhaus
    annexe annex
    casita
    studio
    attic
    mitte
    top
    bottom
    rdc
    combles
    haus
    portal
    garage garaje
    cottage
    barn
    adu
    guesthouse
    house residence
    townhouse townhome th
    cabin
    villa
    half
    side
    phase
    section
    room rm
    lot lots lt
    spc space sp
    trlr trailer
    pad
    slip
    parking stellplatz
    storage trastero
    retail
    office ofc
    hngr hangar
    lbby lobby
    local
    garten
    duplex
    cour
    """
)
"""Words that say where in a building a unit is."""

WITH_NUMBER = frozenset(words_of("lot spc trlr pad slip parking storage room bldg"))
"""Those whose number may have a mark: Lot #4."""

FLOORS = frozenset(words_of("fl etage stock og"))
"""Those that have their number before them or after them: 4th Floor, Floor 4."""

MARKS = frozenset(words_of("# no nr num nro numero"))
"""Words before a number that say nothing more than that it is one."""

SIDES = frozenset(words_of("rear front uppr lowr bsmt gnd izq dcha top bottom garage cottage"))
"""Those that are complete without a number: Rear 123 Main St."""

WITHOUT_UNIT = frozenset(words_of("na n/a none null - unknown 0 00 000 no tbd tba"))
"""What feeds write as the unit of a home that has none."""
