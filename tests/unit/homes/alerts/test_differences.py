"""What is different about a home beside the facts of a change."""

from property_alert_notification.homes.alerts.differences import differences

SPELLINGS = {"City": "KENT", "PostalCode": "98101-1234", "PropertyType": "ResidentialLease"}
HOME = {"BedroomsTotal": 2, "LivingArea": 990, "LivingAreaUnits": "Square Feet", "City": "Kent", "PhotosCount": 3}


def test_only_fields_that_people_look_for_are_named() -> None:
    now = HOME | {"BedroomsTotal": 3, "PhotosCount": 9, "ListPrice": 5, "City": None}
    assert list(differences(HOME, now)) == [("BedroomsTotal", 2, 3), ("City", "Kent", None)]
    assert list(differences(HOME, HOME)) == []


def test_an_area_has_its_unit() -> None:
    now = HOME | {"LivingArea": 92, "LivingAreaUnits": "Square Meters"}
    assert list(differences(HOME, now)) == [
        ("LivingArea", {"area": 990, "unit": "Square Feet"}, {"area": 92, "unit": "Square Meters"})
    ]


def test_another_spelling_is_no_difference() -> None:
    before = HOME | {"PostalCode": "98101", "PropertyType": "Residential Lease"}
    assert list(differences(before, before | SPELLINGS)) == []
    assert list(differences(before, before | SPELLINGS | {"City": "KENTON"})) == [("City", "Kent", "KENTON")]
