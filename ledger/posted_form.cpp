// An operation as the open chunk would have it.
#include <algorithm>

#include "ledger/ledger_impl.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::ledger {

Recipient Reader::Impl::recipient(const Address& owner, const Address& token) const {
    AccountTree::Found found = state_.accounts.find({owner, token});
    if (owner.is_zero() || !found.present) return {0, owner};
    return {found.index, std::nullopt};
}

PostedOperation Ledger::posted_form(const Operation& operation, uint32_t sender) const {
    PostedOperation out{operation.kind, sender, {}, operation.fee, operation.memo, posted_channel(operation)};
    const Payees payees = traits_of(operation.kind).payees;
    if (payees == Payees::kChannel) {
        out.payments = {{{}, operation.payments.front().amount}};
        return out;
    }
    if (payees == Payees::kParties) {
        const ChannelTerms& terms = operation.channel.terms;
        out.payments = {{impl_->recipient(terms.payee, operation.token), {}},
                        {impl_->recipient(terms.payer, operation.token), {}}};
        GAVEL_CHECK(!out.payments[1].to.address);
        return out;
    }
    std::vector<Address> made;
    for (const Payment& payment : operation.payments) {
        Recipient to{0, payment.to};
        if (payees == Payees::kLeaves) to = impl_->recipient(payment.to, operation.token);
        auto earlier = std::find(made.begin(), made.end(), payment.to);
        if (payees == Payees::kL1 || payment.to.is_zero() || !to.address) {
            // it stays so
        } else if (earlier != made.end()) {
            to = {newest_account_count() + static_cast<uint32_t>(earlier - made.begin()), std::nullopt};
        } else {
            made.push_back(payment.to);
        }
        out.payments.push_back({to, payment.amount});
    }
    return out;
}

}  // namespace gavel::ledger
