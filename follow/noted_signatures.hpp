// Signatures that are taken for right while a chunk is applied, and checked afterwards by all cores. What was signed depends on
// the state (nonce, recipients), so it can't be recovered before.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "node/worker_pool.hpp"
#include "protocol/apply.hpp"

namespace gavel::follow {

class NotedSignatures {
public:
    // Notes what it is asked, and says that it is right. One thread; it must not outlive the check's start.
    class Judge : public SignatureJudge {
    public:
        explicit Judge(NotedSignatures& notes) : notes_(notes) {}
        Outcome check(const Hash& digest, const Signature& signature, const Address& owner) const override;

    private:
        NotedSignatures& notes_;
    };
    // The check of what was noted, under way in the pool's threads, which must outlive this.
    class Check {
    public:
        Check(node::WorkerPool& pool, NotedSignatures notes);
        bool is_done() const { return node::WorkerPool::is_done(*job_); }
        // Waits for the end of it, helping. Whether all are right.
        bool are_right();

    private:
        struct Shared;
        node::WorkerPool& pool_;
        std::shared_ptr<Shared> shared_;
        std::shared_ptr<node::WorkerPool::Job> job_;
    };

private:
    struct Note {
        Hash digest;
        Signature signature;
        Address owner;
    };
    std::vector<Note> notes_;
};

}  // namespace gavel::follow
