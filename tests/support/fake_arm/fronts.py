"""The addresses of the apps: whether they answer, how often their containers were started, what they logged."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.fake_arm.wire import Answer, Asked, guid


@dataclass(frozen=True, kw_only=True)
class Start:
    """A container that was started."""

    image: str
    settings: Mapping[str, str]


@dataclass(kw_only=True)
class Fronts:
    """Every site answers below `/front/<site>`, its Kudu below `/scm/<site>`: no name has to be resolved."""

    starts: dict[str, list[Start]] = field(default_factory=dict)
    """App -> its containers, one after the other."""
    broken_images: set[str] = field(default_factory=set)
    """Parts of names of images that never answer."""
    slow: dict[str, int] = field(default_factory=dict)
    """App -> how many probes go unanswered."""
    probes: list[str] = field(default_factory=list)
    log_lines: list[str] = field(default_factory=lambda: ["init() begins", "ValueError: no such model"])
    refuses_logs: bool = False
    serving: set[str] = field(default_factory=set)
    """Apps of which a container answers."""
    platform: dict[str, list[str]] = field(default_factory=dict)
    """App -> what App Service says of its containers."""
    late: int = 0
    """How often a log is read without the lines of the newest start, as while its image is pulled."""
    coming: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    """App -> for how many readings its newest lines do not show, and the lines."""

    def start(self, app: str, image: str, settings: Mapping[str, str], *, keeps_old: bool = True) -> None:
        """Nothing happens when it runs so already; with `keeps_old` what ran before answers until the new one does."""
        begun = self.starts.setdefault(app, [])
        new = Start(image=image, settings=dict(settings))
        if not image or (begun and begun[-1] == new):
            return
        begun.append(new)
        shown = self.platform.setdefault(app, [])
        shown.extend(self.coming.pop(app, (0, []))[1])
        said = [*shown]
        self._say(app, said, new, keeps_old=keeps_old)
        self.coming[app] = (self.late, said[len(shown) :])

    def log_of(self, app: str) -> list[str]:
        """What App Service shows by now."""
        left, lines = self.coming.pop(app, (0, []))
        if left > 0:
            self.coming[app] = (left - 1, lines)
        else:
            self.platform.setdefault(app, []).extend(lines)
        return self.platform[app]

    def _say(self, app: str, said: list[str], new: Start, *, keeps_old: bool) -> None:
        image, begun = new.image, self.starts[app]
        said.append(f"{len(said):04} INFO  - Starting container {len(begun)} for site {app} of image {image}")
        if not self.is_broken(image):
            self.serving.add(app)
            said.append(f"{len(said):04} INFO  - Container {len(begun)} for site {app} initialized successfully.")
            return
        if not keeps_old:
            self.serving.discard(app)
        said.append(
            f"{len(said):04} ERROR - Container {len(begun)} for site {app} didn't respond to HTTP pings on port: 8080, "
            "failing site start."
        )

    def restart(self, app: str) -> None:
        if self.starts.get(app):
            self.starts[app].append(self.starts[app][-1])

    def stop(self, app: str) -> None:
        self.starts.pop(app, None)
        self.serving.discard(app)

    def is_broken(self, image: str) -> bool:
        return any(part in image for part in self.broken_images)

    def answers(self, app: str) -> bool:
        """Does a container of it take requests?"""
        if app not in self.serving:
            return False
        self.slow[app] = self.slow.get(app, 0) - 1
        return self.slow[app] < 0

    def probe(self, url: str) -> int | None:
        """Stands for a request to an app: its name begins the host, or follows `/front/`."""
        self.probes.append(url)
        rest = url.partition("://")[2]
        label = rest.partition("/front/")[2].partition("/")[0] or rest.partition(".")[0]
        app = next((each for each in self.starts if label.startswith(each)), label)
        return 200 if self.answers(app) else 503

    def answer(self, asked: Asked) -> Answer | None:
        """None for what is no app's address."""
        if asked.path.endswith("/logstream") and "/replicas/" in asked.path:
            return self._stream(asked)
        kind, _, rest = asked.path.strip("/").partition("/")
        app, _, path = rest.partition("/")
        if kind == "front":
            self.probes.append(asked.path)
            return Answer(body="ok") if self.answers(app) else Answer(status=503, body="Service Unavailable")
        if kind == "scm":
            return self._kudu(asked, app, path)
        return None

    def _stream(self, asked: Asked) -> Answer:
        """Of a replica of a container app: by a token of its own."""
        app = asked.path.partition("/revisions/")[0]
        if asked.headers.get("authorization") != f"Bearer {guid('logs', app)}":
            return Answer(status=401, body="Unauthorized")
        newest = self.log_lines[-int(asked.query["tailLines"]) :]
        return Answer(body="".join(f"{line}\n" for line in newest))

    def _kudu(self, asked: Asked, app: str, path: str) -> Answer:
        if self.refuses_logs or not asked.headers.get("authorization", "").startswith("Bearer "):
            return Answer(status=401, body="Unauthorized")
        if path == "api/logs/docker":
            host = asked.headers["host"]
            files = ("2026_01_02_default_docker.log", "2026_01_02_docker.log", "2026_01_01_default_docker.log")
            return Answer(
                body=[
                    {
                        "machineName": "lw0sdlwk0000",
                        "lastUpdated": f"{name[:10].replace('_', '-')}T00:00:00Z",
                        "size": 10,
                        "href": f"https://{host}/scm/{app}/api/vfs/LogFiles/{name}",
                        "path": f"LogFiles/{name}",
                    }
                    for name in files
                ]
            )
        if path.endswith("2026_01_02_docker.log"):
            return Answer(body="".join(f"{line}\n" for line in self.log_of(app)))
        if path.endswith("2026_01_02_default_docker.log") or path == "api/logstream":
            return Answer(body="".join(f"{line}\n" for line in self.log_lines))
        return Answer(status=404, body="Not Found")
