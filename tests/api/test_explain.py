"""Why a user was told of a home, or was not, over HTTP."""

import httpx2

RECORD = {
    "ListingKey": "1",
    "StandardStatus": "Active",
    "ModificationTimestamp": "2026-11-01T09:00:00Z",
    "ListPrice": 500,
}


async def test_a_home_is_explained_for_a_user(client: httpx2.AsyncClient) -> None:
    await client.post("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": False})
    search = {"SavedSearchName": "Near work", "Criteria": {"ListPrice": {"max": 400}}}
    saved = await client.post("/api/v1/users/1/saved-searches", json=search)
    await client.post("/api/v1/listing-events", json=RECORD)

    answer = await client.get("/api/v1/users/1/listings/1/explain")

    assert answer.status_code == 200, answer.text
    explained = answer.json()
    [its] = explained["searches"]
    assert its["SavedSearchKey"] == saved.json()["SavedSearchKey"]
    assert (its["matches"], explained["shown"], explained["discarded"]) == (False, True, False)
    assert [one["met"] for one in its["conditions"]].count(False) == 1
    assert [one["outcome"] for one in explained["changes"][0]["searches"]] == ["not_yet_matched"]
    decisions = {one["channel"]: one["reason_code"] for one in explained["decisions"]}
    assert decisions["sms"] == "user_opted_out"
    assert (await client.get("/api/v1/users/1/listings/2/explain")).status_code == 404


async def test_a_home_that_was_discarded_is_so_under_every_listing(client: httpx2.AsyncClient) -> None:
    await client.post("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": False})
    same = RECORD | {"UniversalPropertyId": "US-53033-N-6414100192-R-N"}
    await client.post("/api/v1/listing-events", json={"value": [same]})
    await client.post(
        "/api/v1/listing-events", json={"value": [same | {"ListingKey": "2", "OriginatingSystemName": "b"}]}
    )
    discard = {"ContactListingPreference": "Discard"}
    answer = await client.put("/api/v1/users/1/listings/1/preference", json=discard)
    assert answer.status_code == 200, answer.text

    for key in ("1", "2"):
        explained = (await client.get(f"/api/v1/users/1/listings/{key}/explain")).json()
        assert explained["discarded"] is True
