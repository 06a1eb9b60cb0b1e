"""Under load: Redis fails over, its connections fall silent, nodes of its cluster are killed."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from creditrisk.errors import QueueUnavailable
from creditrisk.intake import Intake
from creditrisk.redis_keys import slot
from tests.e2e.chaos.crowd import Crowd
from tests.e2e.chaos.ledger import Figures
from tests.e2e.chaos.scale import Scale
from tests.e2e.chaos.stage import Stage, wait_until
from tests.redis_servers import Cluster, Proxy, Server


class ElsewhereStage(Stage):
    """A stage whose Redis is somebody else's; each application carries a key, and is sent again under it when refused."""

    def __init__(self, folder: Path, redis_url: str, **settings: Any) -> None:
        environment = {name.upper(): str(value) for name, value in settings.items()}
        super().__init__(folder, environment=environment)
        self.settings = replace(self.settings, redis_url=redis_url, **settings)
        self.intake = Intake.connect(self.settings)
        self.crowd = Crowd(self.intake, self.ledger, patient=True)

    def __enter__(self) -> "ElsewhereStage":
        return self

    def answered_again(self) -> float:
        """Seconds until an application that is sent now is decided, whatever is tried until then."""
        began = time.monotonic()

        def decided() -> bool:
            try:
                (id,) = self.crowd.submit()
                return self.intake.wait(id, 5).status == "decided"
            except QueueUnavailable:
                return False

        wait_until(decided, 30, "an application is decided again")
        return time.monotonic() - began


def _append_only() -> tuple[str, ...]:
    return ("--appendonly", "yes")


def roles_swapped(folder: Path, scale: Scale) -> Figures:
    """A primary and its replica swap roles behind one address, and the connections to the old one stay."""
    servers = [Server(folder, *_append_only()), Server(folder, *_append_only())]
    worst = 0.0
    try:
        servers[1].follow(servers[0])
        with (
            Proxy(servers[0]) as proxy,
            ElsewhereStage(folder, proxy.url, replicas=1) as stage,
        ):
            stage.scorer("--pause", "0.01")
            stage.scorer("--pause", "0.01")
            with stage.crowd.pressing(a_second=100, threads=3):
                for _ in range(scale.redis_kills):
                    stage.answered_again()
                    old, new = servers
                    new.follow(
                        None
                    )  # what is written to the old one from now on is lost, and was confirmed to nobody
                    old.follow(new)
                    proxy.target = new
                    servers.reverse()
                    worst = max(worst, stage.answered_again())
            stage.settle(60)
            return stage.figures(note=f"{scale.redis_kills} failovers, answering again within {worst:.1f} s")
    finally:
        for server in servers:
            server.kill()


def fallen_silent(folder: Path, scale: Scale) -> Figures:
    """All connections are dropped without a word; new ones work."""
    server = Server(folder, *_append_only())
    worst = 0.0
    try:
        with Proxy(server) as proxy, ElsewhereStage(folder, proxy.url) as stage:
            stage.scorer("--pause", "0.01")
            stage.scorer("--pause", "0.01")
            with stage.crowd.pressing(a_second=100, threads=3):
                for _ in range(scale.redis_kills):
                    stage.answered_again()
                    proxy.black_hole()
                    worst = max(worst, stage.answered_again())
            stage.settle(60)
            return stage.figures(note=f"{scale.redis_kills} silences, answering again within {worst:.1f} s")
    finally:
        server.kill()


def node_killed(folder: Path, scale: Scale) -> Figures:
    """Primaries of a cluster are killed in turn; a replica takes each one's place, and the killed one comes back."""
    cluster = Cluster(folder)
    worst = 0.0
    try:
        with ElsewhereStage(folder, cluster.url, shards=3, replicas=1) as stage:
            stage.scorer("--pause", "0.01")
            stage.scorer("--pause", "0.01")
            with stage.crowd.pressing(a_second=100, threads=3):
                for number in range(scale.redis_kills + 1):
                    shard = stage.intake.queue.shards[number % 3]
                    place = slot(shard.keys.queue_name)
                    stage.answered_again()
                    killed = cluster.primary_of(place)
                    killed.kill()
                    new = _successor(cluster, place, killed)
                    began = time.monotonic()
                    wait_until(lambda s=shard: _stores(s), 30, "its shard answers")  # type: ignore[misc]
                    worst = max(worst, time.monotonic() - began)
                    killed.start()  # until it is back, nothing is accepted in its shard: there is no second copy
                    wait_until(lambda n=new, k=killed: k.port in n.replicas(), 30, "it came back")  # type: ignore[misc]
            stage.settle(60)
            note = f"{scale.redis_kills + 1} nodes killed, each shard answering within {worst:.1f} s of its failover"
            return stage.figures(note=note)
    finally:
        cluster.stop()


def _successor(cluster: Cluster, place: int, killed: Server) -> Server:
    """The replica that took the killed server's place, once it has."""
    wait_until(lambda: cluster.primary_of(place) is not killed, 30, "a replica took over")
    return cluster.primary_of(place)


def _stores(shard: Any) -> bool:
    try:
        shard.check()
    except QueueUnavailable:
        return False
    return True
