from packager.builders.sizes import InstalledPackage, LayerSize, SizeReport

REPORT = SizeReport(
    platform="linux/amd64",
    layers=[
        LayerSize(name="base", compressed=23_000_000, unpacked=76_000_000),
        LayerSize(name="app", compressed=1_200, unpacked=2_500),
    ],
    heaviest=[InstalledPackage(name="scipy", size=114_300_000)],
)


def test_the_sums_are_of_all_layers():
    assert REPORT.compressed == 23_001_200
    assert REPORT.unpacked == 76_002_500


def test_people_get_a_line_for_each_layer_and_the_heaviest_packages():
    assert REPORT.lines() == [
        "base                     23.0 MB compressed       76.0 MB on disk",
        "app                     0.001 MB compressed      0.003 MB on disk",
        "all of linux/amd64       23.0 MB compressed       76.0 MB on disk",
        "heaviest: scipy 114.3 MB",
    ]


def test_nothing_is_said_of_packages_that_there_are_not():
    assert len(SizeReport(platform="linux/amd64", layers=[]).lines()) == 1
