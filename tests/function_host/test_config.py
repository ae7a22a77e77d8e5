import pytest

from function_host.config import load_config
from function_host.errors import ConfigError
from triggers.lease import LeaseTimes


def _config(tmp_path, text, settings=None):
    (tmp_path / "host.json").write_text(text)
    return load_config(tmp_path, settings or {})


def test_without_a_file_everything_has_its_default(tmp_path):
    assert load_config(tmp_path, {}).http.route_prefix == "api"


def test_the_route_prefix_may_be_empty(tmp_path):
    text = '{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}'
    assert _config(tmp_path, text).http.route_prefix == ""


def test_a_setting_wins_over_the_file_whatever_its_case(tmp_path):
    text = '{"version": "2.0", "extensions": {"http": {"routePrefix": "api"}}}'
    config = _config(tmp_path, text, {"AzureFunctionsJobHost__Extensions__HTTP__RoutePrefix": "v1"})
    assert config.http.route_prefix == "v1"


def test_a_setting_may_add_a_section(tmp_path):
    config = _config(tmp_path, '{"version": "2.0"}', {"AzureFunctionsJobHost__extensions__blobs__x": "2"})
    assert config.extensions["blobs"] == {"x": "2"}


def test_keys_count_in_any_case_like_the_names_of_settings(tmp_path):
    text = """{"Version": "2.0", "FUNCTIONS": ["A"], "Extensions": {"Queues": {"BatchSize": 2}, "HTTP": {
        "routeprefix": "v1", "hsts": {"ISENABLED": true}}}}"""
    config = _config(tmp_path, text)
    assert (config.http.route_prefix, config.only_functions) == ("v1", {"a"})
    assert config.http.hsts_max_age is not None
    assert config.extensions["queues"]["batchSize"] == 2
    assert config.unknown_keys == ()


@pytest.mark.parametrize("name", ["Extensions__http__routePrefix", "extensions:HTTP:ROUTEPREFIX"])
def test_a_setting_may_add_a_section_in_any_case(tmp_path, name):
    assert _config(tmp_path, '{"version": "2.0"}', {f"AzureFunctionsJobHost__{name}": "v1"}).http.route_prefix == "v1"


def test_comments_are_no_problem(tmp_path):
    text = '// ours\n{"version": "2.0", /* on */ "unheardOf": 1,}'
    assert _config(tmp_path, text).unknown_keys == ("unheardOf",)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "is not JSON"),
        ("[]", "must hold a JSON object, not list"),
        ("{}", r'\$\.version must be "2.0", not None'),
        ('{"version": "1.0"}', "not '1.0'"),
        ('{"version": "2.0", "extensions": []}', r"\$\.extensions must be a JSON object"),
        ('{"version": "2.0", "extensions": {"http": 1}}', r"\$\.extensions\.http must be a JSON object"),
    ],
)
def test_a_broken_file_is_told_with_its_place(tmp_path, text, complaint):
    with pytest.raises(ConfigError, match=complaint) as caught:
        _config(tmp_path, text)
    assert "host.json" in str(caught.value)


def _singleton(tmp_path, text, settings=None):
    return _config(tmp_path, f'{{"version": "2.0", "singleton": {text}}}', settings).lease_times


def test_leases_have_our_times_unless_the_file_says_other_ones(tmp_path):
    assert _singleton(tmp_path, "{}") == LeaseTimes(seconds=30, retry_every=5.0)
    text = '{"LISTENERLOCKPERIOD": "00:01:00", "listenerLockRecoveryPollingInterval": "00:00:15"}'
    assert _singleton(tmp_path, text) == LeaseTimes(seconds=60, retry_every=15.0)
    override = {"AzureFunctionsJobHost__singleton__listenerLockPeriod": "00:00:20"}
    assert _singleton(tmp_path, text, override).seconds == 20


def test_periods_of_locks_that_python_functions_cannot_ask_for_change_nothing(tmp_path):
    text = (
        '{"lockPeriod": "00:00:15", "lockAcquisitionTimeout": "00:01:00", "lockAcquisitionPollingInterval": "00:00:05"}'
    )
    assert _singleton(tmp_path, text) == LeaseTimes()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '{"listenerLockPeriod": "00:00:14"}',
            r"singleton\.listenerLockPeriod is '00:00:14'; it must be from 15 to 60",
        ),
        ('{"lockPeriod": "00:01:01"}', "lockPeriod is '00:01:01'; it must be from 15 to 60 seconds"),
        ('{"listenerLockRecoveryPollingInterval": "00:00:00"}', "it must be at least 1 seconds long"),
        ('{"lockPeriod": "soon"}', "lockPeriod: 'soon' is no length of time"),
        ('{"lockLength": "00:00:15"}', r"singleton\.lockLength means nothing here; known are lockPeriod"),
        ("[]", "singleton must be a JSON object"),
    ],
)
def test_other_periods_are_refused(tmp_path, text, told):
    with pytest.raises(ConfigError, match=told):
        _singleton(tmp_path, text)
