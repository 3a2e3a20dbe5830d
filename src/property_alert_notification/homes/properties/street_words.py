"""The words of addresses that are written in several ways, each with the one form that is compared."""

from collections.abc import Mapping


def words_of(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


def _forms(text: str) -> dict[str, str]:
    """Each line is one form, followed by others of the same word."""
    return {other: words[0] for words in map(str.split, text.strip().splitlines()) for other in words}


DIRECTIONS: Mapping[str, str] = _forms(
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

SPANISH = _forms(
    """
    cl calle c
    ave avenida avda avd av
    cra carrera kra kr
    paseo pso
    plz plaza pza plza
    camino cno cmno
    ctra carretera crta
    rda ronda
    urb urbanizacion
    trva travesia
    blvd bulevar boulevard
    calz calzada
    priv privada
    cerrada cda
    glorieta gta
    pasaje psje
    diagonal diag
    transversal transv
    """
)
"""Kinds of streets that are written before the name, and after which `de` and `la` come and go."""

KINDS: Mapping[str, str] = SPANISH | _forms(
    """
    st street saint sainte str strasse strase
    ave avenue av aven avn
    aly alley
    anx annex
    bch beach
    blvd boulevard boul bd bld
    br branch
    brg bridge
    byp bypass
    cir circle circ
    cl close
    cmn common
    ct court
    cts courts
    cv cove
    crk creek
    cres crescent crsnt
    xing crossing
    dr drive drv
    est estate
    ests estates
    expy expressway
    ext extension
    fwy freeway
    gdn garden
    gdns gardens
    gtwy gateway
    gln glen
    grn green
    grv grove
    hbr harbor harbour
    hts heights
    hwy highway
    hl hill
    hls hills
    holw hollow
    is island
    jct junction
    lk lake
    lndg landing
    ln lane
    mnr manor
    mdws meadows
    ml mill
    mt mount
    mtn mountain
    orch orchard
    pkwy parkway pky
    pl place platz
    pln plain
    pt point
    prt port
    rdg ridge
    riv river
    rd road
    rt route rte
    shr shore
    spg spring
    spgs springs
    sq square
    sta station
    ter terrace terr
    trce trace
    trl trail
    tpke turnpike
    un union
    vly valley
    vw view
    vlg village
    vis vista
    wlk walk
    wy way
    ft fort
    ch chemin
    imp impasse
    all allee
    """
)

TWO_WORDS: Mapping[tuple[str, str], str] = {
    ("state", "rt"): "sr",
    ("state", "rd"): "sr",
    ("state", "hwy"): "sr",
    ("county", "rd"): "cr",
    ("co", "rd"): "cr",
    ("us", "hwy"): "us",
    ("us", "rt"): "us",
}

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
    apt apartment apmt appt apartamento apto aptos apart unit unidad ud ste suite flat no num nr nro numero number
    departamento depto dpto dept interior int whg wohnung wohng appartement piso planta puerta pta door room rm
    lot space spc trailer trlr pad slip
    """
    )
)
"""Words before the number of a unit that say nothing more than that it is one."""

INSIDE: Mapping[str, str] = _forms(
    """
    bldg building edificio edif
    tower torre twr
    block bloque blk
    wing
    esc escalera stair
    fl floor level
    ph penthouse atico
    bsmt basement sotano keller
    rear back
    front frnt
    uppr upper upstairs
    lowr lower downstairs
    gnd ground bajo
    entresuelo
    principal
    izq izquierda izda left lft links
    dcha derecha dch right rght rechts
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
    """
)
"""Words that say where in a building a unit is."""
