"""What the alert rules are given in the test, and when each has to fire: for promtool's unit tests of rules.

A case is (alert, {series: values by the minute}, {minute: whether it fires}). Values are promtool's: 1x5 is six times 1.
"""

SEQUENCER, VERIFIER, L1 = "gavel-sequencer", "gavel-verifier", "gavel-l1"
ANY = 'instance="any"'


def series(name, job, **labels):
    pairs = "".join(f',{key}="{value}"' for key, value in labels.items())
    return f'{name}{{job="{job}",{ANY}{pairs}}}'


def trouble(reason, job=SEQUENCER):
    return series("gavel_trouble_seconds", job, reason=reason)


def refused(reason, **labels):
    return series("gavel_operations_refused_total", SEQUENCER, reason=reason, **labels)


def beyond(alert, what, limit, step, minutes):
    """At the limit it is silent for ever, a step beyond it fires after so many minutes, and not a minute earlier."""
    began = minutes + 2
    times = {began - 1: False, began + minutes: True}
    if minutes:
        times[began + minutes - 1] = False
    return alert, {what: f"{limit}x{began - 1} {limit + step}x{minutes + 1}"}, times


def on_the_way(alert, reasons, seconds, job=SEQUENCER):
    return [beyond(alert, trouble(reason, job), seconds, 1, 0) for reason in reasons.split()]


def refused_for(alert, reasons):
    """At once, whether the counter has just appeared or rises; over when that is five minutes ago."""
    for reason in reasons.split():
        yield alert, {refused(reason): "_x2 1x20"}, {1: False, 2: True, 6: True, 8: False}
        yield alert, {refused(reason): "7x9 8x20"}, {9: False, 10: True, 16: False}


def refused_while(alert, reasons):
    for reason in reasons.split():
        yield alert, {refused(reason): "7x9 8+1x20"}, {9: False, 19: False, 20: True}


TROUBLES = [
    beyond("GavelRoundFailed", trouble("FOLLOWING_FAILED"), 0, 0.001, 0),
    ("GavelRoundFailed", {trouble("VERIFYING_FAILED", VERIFIER): "0x4 1 0x20"}, {4: False, 5: True, 15: True, 16: False}),
    *on_the_way("GavelRoundKeepsFailing", "EXECUTING_FAILED FOLLOWING_FAILED SIDECARS_FAILED SNAPSHOTS_FAILED", 60),
    *on_the_way("GavelRoundKeepsFailing", "VERIFYING_FAILED", 60, VERIFIER),
    *on_the_way("GavelRoundKeepsFailing", "MINING_FAILED", 60, L1),
    *on_the_way("GavelSnapshotNotMade", "SNAPSHOT_NOT_MADE", 900),
    *on_the_way("GavelOtherTrouble", "A_NEW_ONE", 300),
    *on_the_way("GavelL1Silent", "L1_SILENT L1_TROUBLE", 120),
    *on_the_way("GavelL1Stale", "L1_STALE", 60),
    *on_the_way("GavelL1Contradicts", "L1_CONTRADICTS", 60),
    beyond("GavelTakeoverAnnounced", trouble("TAKEOVER_ANNOUNCED"), 0, 0.001, 0),
    *on_the_way("GavelNoFeeAccount", "NO_FEE_ACCOUNT", 600),
    *on_the_way("GavelBatchesNotPosted", "BATCHES_NOT_POSTED BATCHES_NOT_IN_A_BLOCK L1_TRANSACTIONS_HELD_UP", 300),
    *on_the_way("GavelProofNotSent", "PROOF_NOT_SENT", 60, VERIFIER),
    *on_the_way("GavelBlobsMissing", "BLOBS_MISSING", 60, VERIFIER),
    *on_the_way("GavelClaimsNotSent", "CLAIMS_NOT_SENT", 600, VERIFIER),
]

FOR_GOOD = "OWN_TERM_SLASHED EVICTED BATCH_CHECK_FAILED DATA_IS_NEW SNAPSHOT_CONTRADICTED FROZEN"
FOR_NOW = ("SEAT_FREE SEAT_TAKEN RECORDS_FULL TAKEOVER_ANNOUNCED NOTICE_UNKNOWN FALSE_BATCH OPENING_FEE_ACCOUNTS STARTING "
           "CATCHING_UP REPAIRING L1_SYNCING L1_BEHIND L1_STALE L1_CONTRADICTS L1_OPERATIONS_MISSING BLOB_UNKNOWN "
           "BLOBS_UNREACHABLE BLOB_FALSE NO_BLOB_SOURCE")

REFUSALS = [
    *refused_for("GavelSequencerStopped", FOR_GOOD),
    *refused_for("GavelServerFault", "STORE_FAILED INTERNAL"),
    *refused_while("GavelSequencerWaits", FOR_NOW),
    *(("GavelSequencerWaits", {refused(reason, duty="standby"): "0+1x40"}, {39: False}) for reason in FOR_NOW.split()),
    *((alert, {refused("FEE_TOO_LOW"): "0+1x40"}, {39: False})
      for alert in ("GavelSequencerStopped", "GavelSequencerWaits", "GavelServerFault", "GavelQueueFull")),
    *(("GavelQueueFull", {refused(reason): "0x2 1+1x20"}, {2: False, 7: False, 8: True})
      for reason in ("QUEUE_FULL", "BACKLOG_FULL")),
    ("GavelQueueFull", {refused("QUEUE_FULL"): "0x2 1x20"}, {8: False, 20: False}),
]


def many_refused(refusals, confirmations, times):
    return "GavelManyRefused", {refused("FEE_TOO_LOW"): refusals,
                                series("gavel_operations_confirmed_total", SEQUENCER): confirmations}, times


def slow(quick, times):
    """Those within a second, of a thousand a minute; the others take three at most."""
    name = "gavel_confirmation_seconds_bucket"
    return "GavelConfirmationsSlow", {
        series(name, SEQUENCER, le="1"): quick, series(name, SEQUENCER, le="3"): "0+1000x40",
        series(name, SEQUENCER, le="+Inf"): "0+1000x40"}, times


def head(age, unposted, times):
    return "GavelHeadOld", {series("gavel_head_age_seconds", SEQUENCER): age,
                            series("gavel_unposted_bytes", SEQUENCER): unposted}, times


def verified(alert, head_batch, verified_batch, times):
    return alert, {series("gavel_head_batch", VERIFIER): head_batch,
                   series("gavel_verified_batch", VERIFIER): verified_batch}, times


def balance(job, **labels):
    return series("gavel_wallet_balance_ether", job, **labels)


def lies(result):
    return series("gavel_blob_answers_total", VERIFIER, source="one", result=result)


FIGURES = [
    *(beyond("GavelDaemonDown", series("up", job), 1, -1, 1) for job in (SEQUENCER, VERIFIER, L1)),
    ("GavelDaemonDown", {series("up", "something-else"): "0x9"}, {9: False}),
    ("GavelBlobSourceLies", {lies("false"): "3x5 4x80"}, {5: False, 6: True, 64: True, 67: False}),
    ("GavelBlobSourceLies", {lies("unreachable"): "0+1x80"}, {80: False}),
    *(beyond("GavelL1Old", series("gavel_l1_age_seconds", job), 300, 1, 1) for job in (SEQUENCER, VERIFIER)),
    ("GavelDevelopmentL1Stands", {series("gavel_l1_head_time_seconds", L1): "0x9"}, {2: False, 3: False, 4: True}),
    ("GavelDevelopmentL1Stands", {series("gavel_l1_head_time_seconds", L1): "0+60x20"}, {20: False}),
    beyond("GavelUnposted", series("gavel_unbatched_seconds", SEQUENCER), 900, 1, 0),
    head("1801x40", "0x9 1x30", {9: False, 24: False, 25: True}),
    head("1801x40", "0x40", {40: False}),
    head("1800x40", "1x40", {40: False}),
    ("GavelBacklogGrows", {series("gavel_unposted_bytes", SEQUENCER): "64000000+1000x40"}, {15: False, 16: True}),
    ("GavelBacklogGrows", {series("gavel_unposted_bytes", SEQUENCER): "64000000+1000x20 64020000x40"}, {34: True, 36: False}),
    ("GavelBacklogGrows", {series("gavel_unposted_bytes", SEQUENCER): "900000000x40"}, {40: False}),
    ("GavelBacklogGrows", {series("gavel_unposted_bytes", SEQUENCER): "63000000+1000x40"}, {40: False}),
    *(beyond("GavelL1OperationWaits", series("gavel_oldest_l1_operation_seconds", job), 28800, 1, 5)
      for job in (SEQUENCER, VERIFIER)),
    beyond("GavelL1OperationOverdueSoon", series("gavel_oldest_l1_operation_seconds", SEQUENCER), 43200, 1, 5),
    beyond("GavelSequencerWalletLow", balance(SEQUENCER), 1, -0.01, 5),
    beyond("GavelSequencerWalletEmpty", balance(SEQUENCER), 0.25, -0.01, 5),
    ("GavelSequencerWalletLow", {balance(VERIFIER): "0x9"}, {9: False}),
    beyond("GavelVerifierWalletLow", balance(VERIFIER), 4.05, -0.01, 5),
    beyond("GavelVerifierWalletEmpty", balance(VERIFIER), 0.5, -0.01, 5),
    *((alert, {balance(VERIFIER, duty="watch"): "0x9"}, {9: False})
      for alert in ("GavelVerifierWalletLow", "GavelVerifierWalletEmpty")),
    many_refused("0+61x40", "0+60x40", {19: False, 20: True}),
    many_refused("0+61x40", "0+62x40", {40: False}),
    many_refused("0+59x40", "0x40", {40: False}),
    many_refused("0x5 2000x40", "0x40", {15: False, 16: False, 30: False}),
    many_refused("0+61x40", "0x5 5000x40", {25: False, 26: True}),
    slow("0+989x40", {10: False, 11: True}),
    slow("0+990x40", {40: False}),
    slow("0+800x20 17000+1000x20", {24: True, 26: False}),
    beyond("GavelVerifierWarns", series("gavel_warnings", VERIFIER), 0, 1, 2),
    verified("GavelVerifierStuck", "4x11 5x20", "4x40", {11: False, 16: False, 17: True}),
    verified("GavelVerifierStuck", "6+1x40", "4+1x40", {40: False}),
    verified("GavelVerifierStuck", "6x40", "3+1x2 5x37", {16: False, 17: True}),
    verified("GavelVerifierBehind", "20x9 21x30", "0x40", {9: False, 24: False, 25: True}),
    beyond("GavelVerifierReadsL1", series("gavel_l1_lag_blocks", VERIFIER), 10, 1, 15),
]

# By ten minutes instead of minutes: those that last for hours.
LONG = [
    ("GavelFalseBatch", {series("gavel_false_batches", VERIFIER): "0x5 1x60"}, {5: False, 6: True, 41: True, 42: False}),
    ("GavelFalseBatch", {series("gavel_false_batches", VERIFIER): "1x60"}, {0: True, 35: True, 37: False}),
    ("GavelFalseBatch", {series("gavel_false_batches", VERIFIER): "1x60 2x5"}, {60: False, 61: True}),
    ("GavelClaimsGivenUp", {series("gavel_withdrawals_given_up", VERIFIER): "2x5 3x160"},
     {5: False, 6: True, 149: True, 150: False}),
    beyond("GavelClaimsNotWorthIt", series("gavel_withdrawals_not_worth_it", VERIFIER), 0, 1, 24 * 6),
]

CASES = TROUBLES + REFUSALS + FIGURES

# Those that have a rule of their own don't fire the one for all others.
KNOWN = sorted({list(given)[0] for alert, given, _ in TROUBLES if alert != "GavelOtherTrouble"})
CASES += [("GavelOtherTrouble", {known: "99999x5"}, {5: False}) for known in KNOWN]


def unit_test(cases, minutes):
    """In promtool's form: all at once, each case an instance of its own, so none may fire another's alert either."""
    given, asked = [], []
    for number, (alert, values, times) in enumerate(cases):
        instance = f'instance="{number}, {alert}"'
        given += [{"series": name.replace(ANY, instance), "values": row} for name, row in values.items()]
        firing = f'count(ALERTS{{alertname="{alert}",alertstate="firing",{instance}}})'
        asked += [{"expr": firing, "eval_time": f"{minutes * time}m",
                   "exp_samples": [{"labels": "{}", "value": 1}] if fires else []} for time, fires in times.items()]
    return {"interval": f"{minutes}m", "input_series": given, "promql_expr_test": asked}


def unit_tests(rules):
    """Documents for `promtool test rules`."""
    return [{"rule_files": [rules], "evaluation_interval": f"{minutes}m", "tests": [unit_test(cases, minutes)]}
            for minutes, cases in ((1, CASES), (10, LONG))]
