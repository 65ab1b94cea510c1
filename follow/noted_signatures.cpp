#include "follow/noted_signatures.hpp"

#include <algorithm>

namespace gavel::follow {
namespace {

constexpr size_t kPiece = 512;  // that one thread checks together at most

}  // namespace

struct NotedSignatures::Shared {
    Shared(SignatureChecker& its_checker, std::vector<SignatureClaim> noted) : checker(its_checker), notes(std::move(noted)) {}
    SignatureChecker& checker;
    const std::vector<SignatureClaim> notes;
    std::atomic<bool> all_right{true};

    void check_piece(size_t piece) {
        if (!all_right) return;
        const auto claims = std::span(notes).subspan(piece * kPiece);
        const std::vector<bool> hold = checker.check(claims.first(std::min(kPiece, claims.size())));
        if (std::find(hold.begin(), hold.end(), false) != hold.end()) all_right = false;
    }
};

Outcome NotedSignatures::Judge::check(const Hash& digest, const Signature& signature, const Address& owner) const {
    notes_.notes_.push_back({digest, signature, owner});
    return Outcome::applied();
}

void NotedSignatures::start() {
    shared_ = std::make_shared<Shared>(checker_, std::move(notes_));
    const size_t pieces = (shared_->notes.size() + kPiece - 1) / kPiece;
    job_ = pool_.start(pieces, [shared = shared_](size_t piece) { shared->check_piece(piece); });
}

bool NotedSignatures::are_right() {
    if (!is_started()) start();
    pool_.finish(*job_);
    return shared_->all_right;
}

}  // namespace gavel::follow
