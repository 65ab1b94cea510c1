// Signatures that are taken for right while chunks are applied, and checked together afterwards, beside what is done
// meanwhile. What was signed depends on the state (nonce, recipients), so it can't be checked before.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "follow/signature_checker.hpp"
#include "node/worker_pool.hpp"
#include "protocol/apply.hpp"

namespace gavel::follow {

// Those of some chunks: first noted, then checked. One thread notes, starts and waits.
class NotedSignatures {
public:
    // Pool and checker must outlive it.
    NotedSignatures(node::WorkerPool& pool, SignatureChecker& checker) : pool_(pool), checker_(checker) {}

    // Notes what it is asked, and says that it is right. Not to be asked after start().
    class Judge : public SignatureJudge {
    public:
        explicit Judge(NotedSignatures& notes) : notes_(notes) {}
        Outcome check(const Hash& digest, const Signature& signature, const Address& owner) const override;

    private:
        NotedSignatures& notes_;
    };
    size_t size() const { return notes_.size(); }
    // Forgets those noted last, until `count` are left.
    void truncate(size_t count) { notes_.resize(count); }

    // Has the pool's threads check them. No more can be noted.
    void start();
    bool is_started() const { return job_ != nullptr; }
    bool is_done() const { return is_started() && node::WorkerPool::is_done(*job_); }
    // Starts, if that wasn't done, and waits for the end of it, helping. Whether all are right.
    bool are_right();

private:
    // Of the threads that check: a job may outlive who began it.
    struct Shared;
    node::WorkerPool& pool_;
    SignatureChecker& checker_;
    std::vector<SignatureClaim> notes_;
    std::shared_ptr<Shared> shared_;
    std::shared_ptr<node::WorkerPool::Job> job_;
};

}  // namespace gavel::follow
