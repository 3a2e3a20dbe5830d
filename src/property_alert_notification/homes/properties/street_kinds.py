"""The kinds of streets that are written in several ways, each with the one form that is compared.

Source: USPS Publication 28, appendix C1, with the older abbreviations. What it abbreviates alike is kept apart where it
is pronounced differently (Trail and Trails), and so are abbreviations that mean something else beside it: Ky, Pr, Via.
"""

from collections.abc import Mapping

from property_alert_notification.homes.properties.street_words import forms_of, words_of

SPANISH = forms_of(
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

KINDS: Mapping[str, str] = SPANISH | forms_of(
    """
    aly alley ally
    anx annex anex annx
    arc arcade
    ave avenue av aven avenu avn avnue
    bch beach
    bg burg
    bgs burgs
    blf bluff bluf
    blfs bluffs
    blvd boulevard boul boulv bd bld
    bnd bend
    br branch brnch
    brg bridge brdge
    brk brook
    brks brooks
    btm bottom bot bottm
    byp bypass bypa bypas byps
    byu bayou bayoo
    cir circle circ circl crcl crcle
    cirs circles
    clb club
    clf cliff
    clfs cliffs
    cmn common
    cmns commons
    cor corner
    cors corners
    cp camp cmp
    cpe cape
    cres crescent crecent cresent crscnt crsent crsnt
    crk creek ck
    crse course
    crst crest
    cswy causeway causwa causway
    ct court crt
    ctr center centre cen cent centr cnter cntr
    ctrs centers centres
    cts courts crts
    curv curve
    cv cove
    cvs coves
    cyn canyon canyn cnyn
    dl dale
    dm dam
    dr drive driv drv
    drs drives
    dv divide div dvd
    est estate
    ests estates
    expy expressway exp expr express expw
    ext extension extn extnsn
    exts extensions
    fld field
    flds fields
    fls falls
    flt flat
    flts flats
    frd ford
    frds fords
    frg forge forg
    frgs forges
    frk fork
    frks forks
    frst forest
    fry ferry frry
    ft fort frt
    fwy freeway freewy frway frwy
    gdn garden gardn grden grdn
    gdns gardens grdns
    gln glen
    glns glens
    grn green
    grns greens
    grv grove grov
    grvs groves
    gtwy gateway gatewy gatway gtway
    hbr harbor harbour harb harbr hrbor
    hbrs harbors harbours
    hl hill
    hls hills
    holw hollow hllw
    hts heights height hgts ht
    hvn haven havn
    hwy highway highwy hiway hiwy hway
    inlt inlet
    is island islnd
    iss islands islnds
    jct junction jction jctn junctn juncton
    jcts junctions jctns
    knl knoll knol
    knls knolls
    kys keys
    lck lock
    lcks locks
    ldg lodge ldge lodg
    lf loaf
    lgt light
    lgts lights
    lk lake
    lks lakes
    ln lane
    lndg landing lndng
    loop lp
    mdw meadow
    mdws meadows medows
    ml mill
    mls mills
    mnr manor
    mnrs manors
    msn mission missn mssn
    mt mount mnt
    mtn mountain mntain mntn mountin mtin
    mtns mountains mntns
    mtwy motorway
    nck neck
    opas overpass
    orch orchard orchrd
    oval ovl
    ovlk overlook
    park prk
    pkwy parkway parkwy pkway pky
    pl place platz
    pln plain
    plns plains plaines
    pne pine
    pnes pines
    prom promenade
    prr prairie prarie
    prt port
    prts ports
    psge passage
    pt point
    pts points
    radl radial rad radiel
    rd road
    rdg ridge rdge
    rdgs ridges
    rds roads
    riv river rivr rvr
    rnch ranch
    rpd rapid
    rpds rapids
    rst rest
    rt route rte
    shl shoal
    shls shoals
    shr shore shoar
    shrs shores shoars
    skwy skyway
    smt summit sumit sumitt
    spg spring spng sprng
    spgs springs spngs sprngs
    sq square sqr sqre squ
    sqs squares sqrs
    st street saint sainte str strt strasse strase
    sta station statn stn
    stra stravenue strav straven stravn strvn strvnue
    strm stream streme
    sts streets
    ter terrace terr
    tpke turnpike trnpk turnpk tpk trpk
    trak track trk
    trce trace trc
    trfy trafficway
    trl trail tr
    trwy throughway
    tunl tunnel tunel tunnl
    un union
    uns unions
    upas underpass
    vdct viaduct viadct
    vis vista vist vst vsta
    vl ville
    vlg village vill villag villg villiage
    vlgs villages
    vly valley vally vlly
    vlys valleys
    vw view
    vws views
    wl well
    wls wells
    wlk walk
    wy way
    xing crossing crssing crssng
    xrd crossroad
    xrds crossroads
    cl close
    ch chemin
    imp impasse
    all allee
    quai qu
    cours crs
    """
)

ENDS = frozenset(words_of("st ave rd dr ln blvd ct way wy pl cir ter pkwy trl sq plz hwy"))
"""Kinds that end the name of a street and hardly ever are one."""

COMPLETE = frozenset(words_of("broadway bowery embarcadero esplanade"))
"""Names without a kind that are a street, so that a unit may follow: 123 Broadway 101."""

BEFORE_NUMBERS = frozenset(
    words_of("hwy rt rd loop lp spur byp bypass lck lock dm dam cp camp rnch ranch frst forest trak")
)
"""Kinds whose number behind them is that of the street, and not of a unit: Loop 1604."""
