"""Rules of the Dockerfile. Whether its steps work is tried by `scripts.image`, in a minute."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.dockerfile import IGNORE, Stage, context, instructions, stages

TOOLS = re.compile(
    r"\b(gcc|g\+\+|make|build-essential|python3?-dev|python3?-pip|npm|nodejs|git|curl|wget|uv)\b"
)


@pytest.fixture
def image() -> Stage:
    return stages()[-1]


def test_every_base_is_named_with_its_release() -> None:
    for stage in stages():
        assert re.fullmatch(r"debian:bookworm(-\d{8})?-slim", stage.base), stage.base


def test_the_base_can_be_pinned_by_digest() -> None:
    pinned = stages(given={"BASE": "debian@sha256:1"})
    assert {stage.base for stage in pinned} == {"debian@sha256:1"}


def test_the_last_stage_brings_nothing_that_builds(image: Stage) -> None:
    for step in image.all("RUN"):
        assert not TOOLS.search(step.text), step.text
        if "apt-get install" in step.text:
            assert "--no-install-recommends" in step.text
            assert "rm -rf /var/lib/apt/lists/* /var/cache/apt/*" in step.text
    assert not image.all("ADD")
    # What comes in comes from the stage before: never the context itself.
    assert all("--from=build" in step.text for step in image.all("COPY"))


def test_it_runs_as_a_numbered_user_that_is_not_root(image: Stage) -> None:
    user, group = image.last("USER").text.split(":")
    assert int(user) >= 10_000
    assert int(group) >= 10_000
    words = [step.word for step in image.steps]
    assert max(i for i, word in enumerate(words) if word in {"RUN", "COPY"}) < words.index("USER")


def test_it_says_how_it_is_stopped_and_asked(image: Stage) -> None:
    assert image.last("STOPSIGNAL").text == "SIGTERM"
    assert '"dentalogic.healthcheck", "web"' in image.last("HEALTHCHECK").text
    # In JSON's form: a shell in between would swallow the signal.
    assert image.last("CMD").text.startswith("[")
    assert image.last("LABEL").text


def test_no_value_of_a_secret_is_in_it(image: Stage) -> None:
    for stage in stages():
        for step in (*stage.all("ENV"), *stage.all("ARG"), *stage.all("LABEL")):
            assert not re.search(r"SECRET|TOKEN|PASSWORD|_KEY|DATABASE_URL|SANDBOX", step.text)
    assert "DEBUG" not in image.environment


def test_the_context_holds_the_product_and_nothing_else() -> None:
    sent = set(context())
    assert {"manage.py", "dentalogic/settings.py", "whatsapp/ingress.py", "clinics/apps.py"} <= sent
    assert any(path.startswith("migrations_sql/foundation/") for path in sent)
    unwanted = re.compile(
        r"(^|/)(embedded|sandbox|evals|demo|tests|docs|benchmarks|production)/|load_demo"
        r"|\.env|\.pyc$|secrets\.env|\.git/"
    )
    assert [path for path in sent if unwanted.search(path)] == []


def test_a_secret_that_lies_about_is_not_sent(tmp_path: Path) -> None:
    root = tmp_path
    for name in (".env", "production/dentalogic.env", "clinics/.env.local", "clinics/a.py", "x.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    assert context(root, IGNORE.read_text()) == ["clinics/a.py"]


def test_instructions_may_go_over_lines() -> None:
    text = '# a remark\nRUN one \\\n    # inside\n    && two\nCMD ["a", "b c"]\n'
    run, cmd = instructions(text)
    assert (run.word, run.text) == ("RUN", "one && two")
    assert cmd.argv == ["a", "b c"]
