"""The limits of a posting rule out no listing that meets them, and the table of tiles finds what was put into it."""

from itertools import product
from random import Random

import numpy as np

from property_alert_notification.homes.matching.cells import (
    EVERYWHERE,
    FIRST_LEVEL,
    LAST_LEVEL,
    LEVEL_BIT,
    MOST_TILES,
    STEP_BITS,
    keys_of_boxes,
    steps_of_point,
)
from property_alert_notification.homes.matching.limits import GUARDS, UNKNOWN, limits_of, price_met
from property_alert_notification.homes.matching.tiles import Tiles

ANY_PLACE = (0, 0, 127, 127)
NO_HIGH = 2**63 - 1
PRICES = (UNKNOWN, 0, 1, 2, 999, 1_000, 16_777_216, 16_777_217, 16_777_218, 2**53 + 1, 10**17, 10**18)


def is_met(met: int, limit: int) -> bool:
    return (met - limit) & GUARDS == GUARDS


def test_a_price_within_its_bounds_meets_the_limits_and_one_far_off_does_not() -> None:
    lows = np.array([UNKNOWN, -(2**62), *PRICES[1:]])
    highs = np.array([*PRICES[1:], 2**62, NO_HIGH])
    pairs = np.array([pair for pair in product(lows.tolist(), highs.tolist()) if pair[0] <= pair[1]])
    limits = limits_of(pairs[:, 0], pairs[:, 1], np.array([ANY_PLACE] * len(pairs))).tolist()

    for price in PRICES:
        for (low, high), limit in zip(pairs.tolist(), limits, strict=True):
            if low <= price <= high:
                assert is_met(price_met(price), limit), (price, low, high)
            elif price == UNKNOWN or (price > 1 and (price > 1.01 * high or 1.01 * price < low)):
                assert not is_met(price_met(price), limit), (price, low, high)


def test_a_point_meets_the_limits_of_a_box_that_has_it_and_few_others() -> None:
    random = Random(13)
    west, south = (np.array([random.uniform(*span) for _ in range(2_000)]) for span in ((-180, 179), (-90, 89)))
    size = np.array([10 ** random.uniform(-4, 0) for _ in range(2_000)])
    boxes = np.stack([west, south, west + size, south + size], axis=1)
    owner, keys, steps = keys_of_boxes(boxes)
    every = np.full(len(keys), UNKNOWN), np.full(len(keys), NO_HIGH)
    limits = limits_of(*every, steps)
    tiles = Tiles()
    different = np.unique(keys)
    tiles.add(different, 0)
    bucket_of = tiles.buckets_of(keys)
    assert (different[bucket_of] == keys).all()

    outside = 0
    for number, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
        mine = owner == number
        of_mine = dict(zip(bucket_of[mine].tolist(), limits[mine].tolist(), strict=True))
        for x, y in ((x1, y1), (x2, y2), (random.uniform(x1, x2), random.uniform(y1, y2))):
            met = tiles.met_at(steps_of_point(x, y), price_met(5))
            assert [is_met(met[one], limit) for one, limit in of_mine.items() if one in met] == [True]
        near = x1 - 0.1 * size[number], y1 - 0.1 * size[number]
        if min(near[0] + 180, near[1] + 90) > 0:
            met = tiles.met_at(steps_of_point(*near), price_met(5))
            outside += any(is_met(met[one], limit) for one, limit in of_mine.items() if one in met)
    assert outside < 100


def test_a_box_is_covered_by_the_smallest_tiles_of_which_nine_are_enough() -> None:
    random = Random(3)
    corners = [(random.uniform(-180, 180), random.uniform(-90, 90)) for _ in range(3_000)]
    sizes = [(10 ** random.uniform(-6, 2.6), 10 ** random.uniform(-6, 2.3)) for _ in corners]
    boxes = [(x, y, min(x + w, 180), min(y + h, 90)) for (x, y), (w, h) in zip(corners, sizes, strict=True)]
    boxes += [(-180, -90, 180, 90), (0, 0, 0, 0), (180, 90, 180, 90)]
    owner, keys, _ = keys_of_boxes(np.array(boxes))

    for number, (west, south, east, north) in enumerate(boxes):
        first, last = steps_of_point(west, south), steps_of_point(east, north)
        for level in range(LAST_LEVEL, FIRST_LEVEL - 1, -1):
            bits = STEP_BITS + LAST_LEVEL - level
            columns, rows = ((b >> bits) - (a >> bits) + 1 for a, b in zip(first, last, strict=True))
            if columns * rows <= MOST_TILES:
                break
        else:
            level, columns, rows = 0, 1, 1
        mine = keys[owner == number]
        assert (len(mine), set((mine >> LEVEL_BIT).tolist())) == (columns * rows, {level})


def test_a_table_that_grew_finds_all_tiles_and_no_others() -> None:
    random = Random(7)
    tiles, known = Tiles(), dict[int, int]()
    for _ in range(30):
        new = sorted({random.randrange(2**39) for _ in range(random.randint(1, 400))} - known.keys())
        tiles.add(np.array(new), len(known))
        known |= {key: len(known) + place for place, key in enumerate(new)}
    others = [random.randrange(2**39) for _ in range(3_000)]

    assert tiles.buckets_of(np.array([*known])).tolist() == [*known.values()]
    assert tiles.buckets_of(np.array(others)).tolist() == [known.get(key, -1) for key in others]


def test_a_listing_without_coordinates_is_looked_up_everywhere() -> None:
    tiles = Tiles()
    assert tiles.met_at(None, price_met(5)) == {}
    tiles.add(np.array([EVERYWHERE]), 4)

    assert [*tiles.met_at(None, price_met(5))] == [*tiles.met_at(steps_of_point(-122.3, 47.6), price_met(5))] == [4]
