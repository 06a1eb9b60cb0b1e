"""The history's disk: full, and torn by a power cut."""

import resource
import subprocess
import time
from pathlib import Path

from tests.e2e.chaos.ledger import Figures
from tests.e2e.chaos.scale import Scale
from tests.e2e.chaos.stage import Process, Stage, died_of_kill, wait_until


def torn_last_line(folder: Path, scale: Scale) -> Figures:
    """The scorer dies with its batch written and not answered; of the last line only a part reached the disk."""
    with Stage(folder, batch_size=4) as stage:
        torn = 0
        for cut in (1, 40, 700)[: 3 if scale.long else 2]:
            stage.crowd.submit(4)
            died_of_kill(stage.scorer("--trap", "written"))
            size = stage.history_path.stat().st_size
            with stage.history_path.open("r+b") as file:
                file.truncate(size - cut)
            torn += 1
            sound = stage.scorer()
            stage.settle()
            sound.terminate()
            assert sound.wait(60) == 0
        return stage.figures(note=f"{torn} lines torn and scored again")


def full_then_free(folder: Path, scale: Scale) -> Figures:
    """No room in the middle of a batch; then room again. As a limit on the scorer's files, and on a real full disk."""
    with Stage(folder) as stage:
        scorer = stage.scorer()
        stage.crowd.submit(20)
        stage.settle()
        size = stage.history_path.stat().st_size
        _limit_files(scorer, size + 3_000)  # room for a part of a batch
        stage.crowd.submit(60)
        wait_until(lambda: "cannot be written" in stage.log, 10, "the scorer says that the disk is full")
        time.sleep(0.3)
        assert stage.history_path.stat().st_size < size + 16_000
        _limit_files(scorer, resource.RLIM_INFINITY)
        stage.settle()
        if scale.long and not _on_a_small_disk(folder, stage):
            return stage.figures(note="as a limit on files; no right to mount a small disk here")
        return stage.figures(note="limit on files" + (" and a full tmpfs" if scale.long else ""))


def _limit_files(process: Process, size: int) -> None:
    """Writing past `size` fails in `process`, as on a full disk (EFBIG for ENOSPC; Python ignores SIGXFSZ)."""
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, hard))


def _on_a_small_disk(folder: Path, stage: Stage) -> bool:
    """The same with ENOSPC from a tmpfs of 64 KiB, where this user may mount one."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        return False
    try:
        with Stage(folder / "small", history_url=str(disk)) as small:
            small.scorer()
            small.crowd.submit(400)
            wait_until(lambda: "No space left" in small.log, 10, "the scorer says that the disk is full")
            subprocess.run(["mount", "-o", "remount,size=1m", str(disk)], check=True)
            small.settle()
            assert small.figures().good, small.figures()
        return True
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
