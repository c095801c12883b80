"""The words of American addresses and their short forms.

Street suffixes are those of USPS Publication 28 (Postal Addressing Standards), Appendix C1, directionals
those of its section 233, unit designators those of section 213 and Appendix C2. Where C1 gives the
singular and the plural one abbreviation, both are one word here. Not taken: CR and CK for creek, LA for
lane, which older editions had and which today's addresses use for county roads and in Spanish names.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ANY_UNIT", "DIRECTIONS", "NUMBERED", "ORDINALS", "SUFFIXES", "TENS", "UNITS"]


def _table(text: str) -> dict[str, str]:
    """Each line: the short form, then the words for it; each is also a word for itself."""
    rows = (line.split() for line in text.strip().splitlines())
    return {word: row[0] for row in rows for word in row}


SUFFIXES: Mapping[str, str] = _table(
    """
    aly alley allee ally
    anx annex anex annx
    arc arcade
    ave avenue av aven avenu avn avnue
    bch beach
    bg burg
    bgs burgs
    blf bluff bluf
    blfs bluffs
    blvd boulevard boul boulv
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
    cres crescent crsent crsnt
    crk creek
    crse course
    crst crest
    cswy causeway causwa
    ct court crt
    ctr center cen cent centr centre cnter cntr
    ctrs centers
    cts courts
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
    frst forest forests
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
    hbr harbor harb harbr hrbor
    hbrs harbors
    hl hill
    hls hills
    holw hollow hllw hollows holws
    hts heights ht
    hvn haven
    hwy highway highwy hiway hiwy hway
    inlt inlet
    is island islnd
    isle isles
    iss islands islnds
    jct junction jction jctn junctn juncton
    jcts junctions jctns
    knl knoll knol
    knls knolls
    ky key
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
    loop loops
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
    park prk parks
    path paths
    pike pikes
    pkwy parkway parkwy pkway pky parkways pkwys
    pl place
    pln plain
    plns plains
    plz plaza plza
    pne pine
    pnes pines
    pr prairie prr
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
    riv river rvr rivr
    rnch ranch ranches rnchs
    rpd rapid
    rpds rapids
    rst rest
    rte route
    shl shoal
    shls shoals
    shr shore shoar
    shrs shores shoars
    skwy skyway
    smt summit sumit sumitt
    spg spring spng sprng
    spgs springs spngs sprngs
    spur spurs
    sq square sqr sqre squ
    sqs squares sqrs
    st street strt str saint
    sta station statn stn
    stra stravenue strav straven stravn strvn strvnue
    strm stream streme
    sts streets
    ter terrace terr
    tpke turnpike trnpk turnpk
    trak track tracks trk trks
    trce trace traces
    trfy trafficway
    trl trail trails trls
    trwy throughway
    tunl tunnel tunel tunls tunnels tunnl
    un union
    uns unions
    upas underpass
    via viaduct vdct viadct
    vis vista vist vst vsta
    vl ville
    vlg village vill villag villg villiage
    vlgs villages
    vly valley vally vlly
    vlys valleys
    vw view
    vws views
    walk walks
    way wy
    wl well
    wls wells
    xing crossing crssng
    xrd crossroad
    xrds crossroads
    """
)
"""Word of a street's name -> short form. Saint is with street, since both are written St."""

DIRECTIONS: Mapping[str, str] = _table(
    """
    n north
    s south
    e east
    w west
    ne northeast
    nw northwest
    se southeast
    sw southwest
    """
)

ANY_UNIT = "#"
"""What stands for every designator of a numbered unit that people use for one another."""

NUMBERED: Mapping[str, str] = _table(
    """
    # apt apartment unit ste suite rm room spc space lot trlr trailer
    bldg building
    dept department
    fl floor flr
    hngr hangar
    pier
    pmb
    slip
    stop
    key
    """
)
"""Designators that a number follows; PMB is the private mailbox of section 285."""

UNITS: Mapping[str, str] = dict(NUMBERED) | _table(
    """
    bsmt basement
    frnt front
    lbby lobby
    lowr lower
    ofc office
    ph penthouse
    rear
    side
    uppr upper
    """
)
"""Every designator; those that are not in NUMBERED may stand alone."""

_ONES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_TEENS = ("eleven", "twelf", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def _ordinal(number: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if 10 < number % 100 < 14 else ends.get(number % 10, 'th')}"


ORDINALS: Mapping[str, str] = {
    **{word: _ordinal(number) for number, word in enumerate(_ONES, 1)},
    **{f"{word}th": _ordinal(number) for number, word in enumerate(_TEENS, 11)},
    **{f"{word[:-1]}ieth": _ordinal(10 * number) for number, word in enumerate(_TENS, 2)},
}
"""Numeric street names in words -> in figures (section 235 has both)."""

TENS: Mapping[str, int] = {word: 10 * number for number, word in enumerate(_TENS, 2)}
"""The first word of an ordinal of two, such as twenty first."""
