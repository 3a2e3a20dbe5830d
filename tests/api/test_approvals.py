"""Alerts that wait for approval, over HTTP."""

import httpx2

PATH = "/api/v1/users/1/approvals"
ALL = "/api/v1/approvals"


async def test_a_search_says_whether_its_alerts_need_approval(client: httpx2.AsyncClient) -> None:
    search = {"SavedSearchName": "Near work", "Criteria": {"City": ["Seattle"]}, "ConciergeYN": True}
    saved = (await client.post("/api/v1/users/1/saved-searches", json=search)).json()
    path = f"/api/v1/users/1/saved-searches/{saved['SavedSearchKey']}"
    assert saved["ConciergeYN"] is True

    changed = await client.patch(path, json={"ConciergeYN": False})

    assert (changed.json()["ConciergeYN"], changed.json()["Version"]) == (False, 2)
    assert (await client.patch(path, json={"SavedSearchName": "Home"})).json()["ConciergeYN"] is False
    found = await client.get(PATH, params={"SavedSearchKey": saved["SavedSearchKey"], "limit": 1})
    assert (found.status_code, found.json()) == (200, {"items": [], "next": None})


async def test_what_cannot_be_decided_is_said_of_each_alert(client: httpx2.AsyncClient) -> None:
    ids = ["019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f1", "019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f2"]
    for path in (f"{PATH}/approve", f"{PATH}/reject", f"{ALL}/approve", f"{ALL}/reject"):
        answer = await client.post(path, json={"ids": ids})
        assert answer.status_code == 200, answer.text
        results = answer.json()["results"]
        assert [(one["id"], one["error"]["status"]) for one in results] == [(id_, 404) for id_ in ids]
        for wrong in ([], [*ids * 501], ["7"]):
            assert (await client.post(path, json={"ids": wrong})).status_code == 422
    unknown = await client.get(PATH, params={"SavedSearchKey": ids[0]})
    assert unknown.status_code == 404


async def test_the_list_of_all_users_takes_several_users_and_an_age(client: httpx2.AsyncClient) -> None:
    wanted = {"user_id": [1, 2], "accepted_after": "2026-11-01T00:00:00Z", "accepted_before": "2026-12-01T00:00:00Z"}
    found = await client.get(ALL, params=wanted | {"limit": 100})
    assert (found.status_code, found.json()) == (200, {"items": [], "next": None})
    for wrong in ({"user_id": -1}, {"user_id": [1] * 101}, {"limit": 101}, {"accepted_before": "now"}, {"cursor": "x"}):
        assert (await client.get(ALL, params=wrong)).status_code == 422, wrong
