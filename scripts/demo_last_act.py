"""The demonstration's last act: the operator disappears, and everybody leaves with every wei. No daemon of Gavel runs."""
import ethereum
from demo_world import ETHER, ZERO_TOKEN, address, group

REWARD_TAKEN, EVICTED = 9, 10  # words of the contract's view of a term


class LastAct:
    def __init__(self, story):
        self.story = story
        self.world = story.world
        self.forced = None  # Alice's operation

    def tell(self):
        self.operator_disappears()
        self.evicted()
        self.frozen()
        books = self.story.books()
        tokens = sorted({bytes.fromhex(token[2:]) for token in books["deposited"]})
        before = self.on_l1(books)
        self.everybody_leaves(books)
        self.vault_is_empty(tokens)
        self.everybody_has(books, before)

    def operator_disappears(self):
        story, world = self.story, self.world
        world.chapter("The last act. Carol withdraws 0.25 ETH; once that is posted, the operator disappears, the verifier too.")
        story.withdraw("carol", ETHER // 4, "0.25")
        world.check(story.agree(), "Carol's withdrawal is posted; she can claim it when its batch is final")
        world.stop("verifier")
        world.kill("sequencer")
        world.check(list(world.running) == ["L1"], "of all the programs the L1 alone still runs")
        world.say("What follows needs an L1 node, the contract's address, and a key: no server of Gavel's.")
        world.say("Alice forces a withdrawal of 0.5 ETH through the L1's queue. Dave, who hasn't heard, deposits 2 ETH and")
        world.say("30 TUSD.")
        self.forced = world.gavel("alice", "force", "withdraw", "0.5")
        story.mint_usd("dave", 30)
        story.deposit("dave", 2 * ETHER, "2", wait=False, kind="unconsumed deposit")
        story.deposit("dave", 30 * 10**6, "30", story.usd, wait=False, kind="unconsumed deposit")
        first = world.view("waiting()")[0]
        world.check(first == self.forced["l1_operation"], "hers is the first of three operations in the queue")

    def evicted(self):
        world = self.world
        world.chapter("The L1's clock goes forward by ten minutes. Alice's operation is overdue, and the watcher evicts the "
                      "operator.")
        (term,) = world.view("currentTerm()")
        world.pass_time_until(self.forced["overdue_at"])
        world.gavel("watcher", "sequencer", "evict")
        world.check(world.view("currentTerm()") == [0] and world.view("term(uint64)", term)[EVICTED],
                    "the seat is free, and nobody takes it")

    def frozen(self):
        world, stake = self.world, self.story.stake * ETHER
        world.chapter("The clock goes forward by a week, and nobody has served Alice: a stranger freezes the rollup, for ever.")
        world.pass_time_until(self.forced["freeze_at"])
        world.gavel("stranger", "freeze")
        world.check(world.view("frozen()") == [1], "it is frozen: no batch, deposit or operator any more; everybody may leave")
        (evicted,) = world.view("termCount()")
        returned = world.gavel("stranger", "sequencer", "take-stake", evicted)
        world.check(int(returned["amount"]) == stake - stake // 4, "the evicted operator has lost a quarter of his stake")
        if not world.view("term(uint64)", self.story.liars_term)[REWARD_TAKEN]:  # a verifier takes it by itself, when it can
            world.gavel("watcher", "sequencer", "take-reward")

    def everybody_leaves(self, books):
        story, world = self.story, self.world
        world.chapter("A stranger reads the L1, runs every batch again, and proves every account to the contract, for everybody.")
        if story.breaks == "payee":
            world.gavel("bob", "exit", "--all-mine", "--to", ethereum.checksum(address("mallory")))
        which = ["--token", "eth"] if story.breaks == "exit" else []
        exits = world.gavel("stranger", "exit", "--everybody", *which, timeout=900, progress=True)
        owned = sum(1 for by_token in books["balances"].values() for amount in by_token.values() if int(amount))
        world.check(len(exits) == owned, f"{group(owned)} accounts are paid out whole, each to its owner",
                    f"{group(len(exits))} are")
        gas = story.figures["exit_gas"] = sum(exit["gas_used"] for exit in exits) // len(exits)
        world.say(f"That took {group(gas)} gas an account, which the stranger paid. Alice's forced withdrawal was never carried")
        world.say("out: her 0.5 ETH are in what her account was paid.")
        claims = world.gavel("stranger", "claim", "--everybody")
        paid = {(claim["recipient"], int(claim["amount"])) for claim in claims}
        world.check((ethereum.checksum(address("carol")), ETHER // 4) in paid, "Carol's withdrawal is claimed")
        if story.breaks != "refund":
            refunds = world.gavel("stranger", "refund", "--everybody")
            world.check(len(refunds) == 2, "Dave's two deposits, which no batch has, go back to him")

    def vault_is_empty(self, tokens):
        world = self.world
        world.chapter("The vault, as the contract and the tokens tell it.")
        (burned,) = world.view("burned()")
        left = {}
        for token in tokens:
            (held,) = world.view("heldTotal(address)", token)
            more = world.on_l1(world.rollup, token) - (burned if token == ZERO_TOKEN else 0)
            if held or more:
                left[ethereum.hex_of(token)] = held, more
        what = "TUSD" if len(tokens) == 2 else f"{len(tokens) - 1} tokens"
        world.check(not left, f"it holds nothing of ETH and {what}", f"left are {left}")
        stake = self.story.stake
        world.check(burned == stake * ETHER, f"{stake} ETH stay in the contract for ever: what was burned of the two stakes",
                    f"{burned} wei")

    def everybody_has(self, books, before):
        """What everybody has got on the L1, against what the input adds up to."""
        world = self.world
        got = {pair: has - before[pair] for pair, has in self.on_l1(books).items()}
        due = {(owner, token): int(amount) for owner, by_token in books["due"].items() for token, amount in by_token.items()}
        wrong = [pair for pair in due if got[pair] != due[pair]]
        world.check(not wrong, f"each of {group(len(books['due']))} people has on the L1 what the input adds up to, to the wei",
                    f"{len(wrong)} balances are wrong, {wrong[:1]}")

    def on_l1(self, books):
        return {(owner, token): self.world.on_l1(bytes.fromhex(owner[2:]), bytes.fromhex(token[2:]))
                for owner, by_token in books["due"].items() for token in by_token}
