#include "follow/noted_signatures.hpp"

namespace gavel::follow {

// Of the threads that check: a job may outlive who began it.
struct NotedSignatures::Check::Shared {
    explicit Shared(std::vector<Note> noted) : notes(std::move(noted)) {}
    const std::vector<Note> notes;
    const SignatureJudge judge;
    std::atomic<bool> all_right{true};
};

Outcome NotedSignatures::Judge::check(const Hash& digest, const Signature& signature, const Address& owner) const {
    notes_.notes_.push_back({digest, signature, owner});
    return Outcome::applied();
}

NotedSignatures::Check::Check(node::WorkerPool& pool, NotedSignatures notes)
    : pool_(pool), shared_(std::make_shared<Shared>(std::move(notes.notes_))) {
    job_ = pool.start(shared_->notes.size(), [shared = shared_](size_t i) {
        if (!shared->all_right) return;
        const Note& note = shared->notes[i];
        if (!shared->judge.check(note.digest, note.signature, note.owner).ok()) shared->all_right = false;
    });
}

bool NotedSignatures::Check::are_right() {
    pool_.finish(*job_);
    return shared_->all_right;
}

}  // namespace gavel::follow
