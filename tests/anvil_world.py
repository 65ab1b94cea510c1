"""Gavel's programs with Anvil for their L1."""
from anvil import ethereum
from demo_world import World


class AnvilWorld(World):
    """A rollup that `operator` deploys with these flags; nobody sits yet. `users` have ether."""

    def __init__(self, node, operator, users, *flags):
        super().__init__(keep=False)
        self.l1, self.operator = node.l1, operator
        self.ports["L1"] = int(node.l1.url.rsplit(":", 1)[1])
        for name in (operator, *users):
            node.key(name)
        self.rollup = bytes.fromhex(self.gavel(operator, "deploy", "--home-operator", "none", *flags)["address"][2:])

    def start_sequencer(self, *flags):
        """It consumes and posts as soon as there is something: blocks come with transactions only."""
        self.start("sequencer", "gavel-sequencer", r"grpc_port=(\d+)", "--listen", "127.0.0.1:0", "--data-dir",
                   self.path("sequencer"), "--l1", self.l1.url, "--rollup", ethereum.checksum(self.rollup), "--key-file",
                   self.key_file(self.operator), "--l1-confirmations", "0", "--batch-age", "1s", "--poll", "100ms",
                   "--l1-stale-after", "1d", *flags)
        self.wait_until_sequencing()
