// The command `gavel`.
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/keystore.hpp"
#include "cli/session.hpp"
#include "node/log.hpp"
#include "node/secret.hpp"
#include "node/store.hpp"

using namespace gavel;

namespace {

// 0 done, 1 refused, 2 wrong use (told by Options).
int report(cli::Session& session, const node::Status& status) {
    if (status.ok()) return 0;
    if (session.json() && !session.has_printed_document()) {
        session.print(
            nlohmann::json{{"error", {{"reason", status.reason}, {"message", status.message}, {"field", status.field}}}});
    }
    std::fprintf(stderr, "%s\n", node::to_string(status).c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    node::forbid_dumps();
    node::Options options("gavel", "Payments on a Gavel rollup: wallet, deposits, payments, withdrawals, inspection, devnet.");
    cli::SessionOptions session_options;
    session_options.keystore = cli::default_keystore_directory();
    cli::add_session_options(options, session_options);
    node::LogOptions log{.level = "warn"};
    node::add_log_options(options, log);

    cli::Commands commands(options);
    cli::add_key_commands(commands);
    cli::add_deposit_command(commands);
    cli::add_claim_command(commands);
    cli::add_account_commands(commands);
    cli::add_payment_commands(commands);
    cli::add_pay_command(commands);
    cli::add_channel_commands(commands);
    cli::add_force_commands(commands);
    cli::add_exit_commands(commands);
    cli::add_sequencer_commands(commands);
    cli::add_chain_commands(commands);
    cli::add_proof_commands(commands);
    cli::add_load_command(commands);
    cli::add_deploy_command(commands);
    cli::add_dev_commands(commands);
    cli::add_devnet_command(commands);
    if (auto status = options.parse(argc, argv)) return *status;
    node::init_log(log);

    cli::Session session(session_options);
    try {
        return report(session, commands.chosen()(session));
    } catch (const node::StoreError& error) {
        return report(session, {node::Code::kInternal, "STORE_FAILED", "data-dir", error.what()});
    }
}
