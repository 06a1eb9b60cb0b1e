"""Where the stage keeps its things."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = ROOT / "localstack"


class Folders:
    """The installed tools, which stay, and one run's data, which `down` deletes."""

    def __init__(self, run: Path | None = None) -> None:
        tools = ROOT / ".localstack"
        self.server_venv = tools / "server"
        self.runtime_venv = tools / "runtime"
        self.run = (run or tools / "run").resolve()
        self.state = self.run / "state.json"
        self.log = self.run / "localstack.log"
        self.redis = self.run / "redis"

    def make(self) -> None:
        """Make this run's folders."""
        for name in ("home", "tmp", "filesystem", "redis"):
            (self.run / name).mkdir(parents=True, exist_ok=True)
