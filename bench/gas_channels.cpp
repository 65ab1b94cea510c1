#include <fmt/format.h>

#include "bench/gas_bench.hpp"
#include "protocol/keys.hpp"

namespace gavel::bench {
namespace {

constexpr uint64_t kClaimed = 3, kCount = 7;

}  // namespace

ChannelTerms GasBench::channel() const { return {alice_.address(), bob_.address(), Amount{kEther / 10}, 0, 1}; }

Hash GasBench::domain() const { return Domain{chains_.chain_id(), rollup_}.separator(); }

Signature GasBench::voucher(const Address& token) const {
    return alice_.sign(Voucher{channel().address(domain()), token, kCount}.digest(domain()));
}

Account GasBench::channel_leaf(const Address& token) const {
    Account out;
    out.key = {channel().address(domain()), token};
    out.nonce = kChannelMark + kClaimed;
    out.balance = Amount{kEther};
    return out;
}

void GasBench::run_channels() {
    for (const Address& token : {Address{}, token_}) {
        const char* of = token.is_zero() ? "ETH" : "a token";
        call(fmt::format("forceRedeem of {}", of), "forceRedeem", bob_,
             l1::rollup_call::force_redeem(channel(), token, kCount, voucher(token)));
        call(fmt::format("reclaim of {}", of), "reclaim", alice_, l1::rollup_call::reclaim(channel(), token));
    }
}

void GasBench::exit_channel(const ExitProof& proof, uint32_t accounts) {
    const Address& token = proof.account.key.token;
    const std::string of = fmt::format("with {} among {} accounts", token.is_zero() ? "ETH" : "a token", accounts);
    call("exitChannel " + of, "exitChannel", bob_,
         l1::rollup_call::exit_channel(headers_.back(), proof, channel(), kCount, voucher(token)));
    call("exitChannelRest " + of, "exitChannelRest", bob_, l1::rollup_call::exit_channel_rest(headers_.back(), proof, channel()));
}

}  // namespace gavel::bench
