import pytest

from packager.url_credentials import credentials_in, with_credentials, without_credentials


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("--extra-index-url https://ann:p%40@h/simple", "--extra-index-url https://h/simple"),
        ("--index-url=http://token@h:80/s", "--index-url=http://h:80/s"),
        ("a @ https://ann:p@h/a-1.whl#sha256=1", "a @ https://h/a-1.whl#sha256=1"),
        ("a @ git+https://token@h/a.git@v1", "a @ git+https://h/a.git@v1"),
        ("--find-links 'https://ann:p@@h/x'", "--find-links 'https://h/x'"),
    ],
)
def test_users_and_passwords_are_taken_out_and_put_back(line, clean):
    text = f"{line}\nnumpy==1.26.4\n"

    assert without_credentials(text) == f"{clean}\nnumpy==1.26.4\n"
    assert with_credentials(without_credentials(text), credentials_in(text)) == text


@pytest.mark.parametrize(
    "line", ["--index-url https://${USER}:${PASSWORD}@h/", "a @ git+ssh://git@h/a", "a @ https://h/a@1.whl", "a==1"]
)
def test_what_is_no_secret_stays(line):
    assert without_credentials(line) == line
    assert not credentials_in(line)
