from infra.webservices.parts import AutoScaler, ContainerResourceRequirements, WebServiceAccessToken


def test_they_are_read_as_they_are_written():
    asked = ContainerResourceRequirements(0.5, 1.0)
    written = asked.serialize()

    assert written == {"cpu": 0.5, "memoryInGb": 1.0, "gpu": None, "cpuLimit": None, "memoryInGbLimit": None}
    assert ContainerResourceRequirements.deserialize(written) == asked
    assert AutoScaler.deserialize(None) is None
    assert WebServiceAccessToken("t", "Bearer", 1, 2).serialize()["expiryOn"] == 2
