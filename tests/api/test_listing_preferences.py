"""What users think of listings, over HTTP."""

import httpx2

RECORD = {"StandardStatus": "Active", "ModificationTimestamp": "2026-11-01T09:00:00Z"}
USER = "/api/v1/users/1/listings"


async def test_a_preference_is_stored_changed_listed_and_taken_back(client: httpx2.AsyncClient) -> None:
    records = [RECORD | {"ListingKey": key} for key in ("1", "2")] + [
        RECORD | {"ListingKey": "2", "SourceSystemName": "other"}
    ]
    await client.post("/api/v1/listing-events", json={"value": records})
    first = await client.put(f"{USER}/1/preference", json={"ContactListingPreference": "Discard"})
    several = await client.put(f"{USER}/2/preference", json={"ContactListingPreference": "Favorite"})
    named = await client.put(f"{USER}/2/preference?source=other", json={"ContactListingPreference": "Favorite"})
    unknown = await client.put(f"{USER}/3/preference", json={"ContactListingPreference": "Favorite"})
    wrong = await client.put(f"{USER}/1/preference", json={"ContactListingPreference": "Loved"})

    assert [one.status_code for one in (first, several, named, unknown, wrong)] == [200, 409, 200, 404, 422]
    assert (first.json()["ListingKey"], first.json()["ContactListingPreference"]) == ("1", "Discard")
    page = (await client.get(USER, params={"limit": 1})).json()
    rest = (await client.get(USER, params={"limit": 1, "cursor": page["next"]})).json()
    assert [one["SourceSystemName"] for one in page["items"] + rest["items"]] == ["other", ""]
    assert [one["ListingKey"] for one in (await client.get(f"{USER}?preference=Discard")).json()["items"]] == ["1"]
    assert (await client.get("/api/v1/users/2/listings")).json() == {"items": [], "next": None}

    changed = await client.put(f"{USER}/1/preference", json={"ContactListingPreference": "Possibility"})
    read = await client.get(f"{USER}/1/preference")
    assert read.json() == changed.json()
    assert (await client.get("/api/v1/users/2/listings/1/preference")).status_code == 404
    assert [(await client.delete(f"{USER}/1/preference")).status_code for _ in range(2)] == [204, 404]


async def test_the_newest_word_about_a_home_counts_under_whichever_listing(client: httpx2.AsyncClient) -> None:
    same = {"UnparsedAddress": "7 Pine St", "City": "Seattle", "StateOrProvince": "WA", "PostalCode": "98125"}
    same |= {"Latitude": 47.7, "Longitude": -122.3}
    records = [RECORD | same | {"ListingKey": key} for key in ("1", "2")] + [RECORD | {"ListingKey": "other"}]
    await client.post("/api/v1/listing-events", json={"value": records})
    for key, word in (("other", "Discard"), ("1", "Discard"), ("2", "Favorite")):
        await client.put(f"{USER}/{key}/preference", json={"ContactListingPreference": word})

    listed = (await client.get(USER)).json()["items"]
    first = (await client.get(f"{USER}/1/preference")).json()
    removed = [(await client.delete(f"{USER}/{key}/preference")).status_code for key in ("1", "2", "other")]

    assert [(one["ListingKey"], one["ContactListingPreference"]) for one in listed] == [
        ("2", "Favorite"),
        ("other", "Discard"),
    ]
    assert (first["ListingKey"], first["ContactListingPreference"]) == ("2", "Favorite")
    assert removed == [204, 404, 204]


async def test_a_preference_is_read_in_either_spelling(client: httpx2.AsyncClient) -> None:
    await client.post("/api/v1/listing-events", json=RECORD | {"ListingKey": "1"})
    for spelling in ("favorite", "FAVORITE", " Favorite"):
        put = await client.put(f"{USER}/1/preference", json={"ContactListingPreference": spelling})
        listed = (await client.get(USER, params={"preference": spelling})).json()

        assert (put.status_code, put.json()["ContactListingPreference"]) == (200, "Favorite")
        assert [one["ListingKey"] for one in listed["items"]] == ["1"]


async def test_a_misspelt_query_parameter_is_refused(client: httpx2.AsyncClient) -> None:
    await client.post("/api/v1/listing-events", json=RECORD | {"ListingKey": "1"})

    for path in (USER, f"{USER}/1/preference", "/api/v1/listings/1", "/api/v1/listings/1/history"):
        answer = await client.get(path, params={"sorce": "other"})
        assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "extra_forbidden"), path
