// The one thread that writes the ledger and the engine, and what it is asked to do.
//
// Operations come in by offer() and are executed in groups, each group made durable by one flush; everything else is a command,
// by run(), and between two groups there is one command at most. So no confirmation waits for more than one command, and no
// command for more than one group. Commands are short: whatever takes long (asking the L1, loading a state, looking through much)
// is done by whoever gives the command, before or after it.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "ledger/ledger.hpp"

namespace gavel::sequencer {

class Writer {
public:
    // `after` is called by the writing thread after each group and command.
    Writer(ledger::Ledger& ledger, size_t max_queued, std::function<void()> after);

    // ---- Any thread ----

    // Operations to execute: `execute` is called by the writing thread, and `answer` by the same once all of it is on disk; or,
    // with what was thrown, if that can't be said. False, and neither is called, if too many wait, or after close().
    using Answer = std::function<void(const std::exception_ptr& failure)>;
    bool offer(size_t operations, std::function<void()> execute, Answer answer);

    // Has the writing thread execute `command`, and returns what it gives; if `durability` says so, once everything that it wrote
    // is on disk. Throws what it throws. Where no thread has called turn() yet, or this is the one that has, it is executed at
    // once.
    template <class Command>
    auto run(node::Durability durability, Command command) {
        if constexpr (std::is_void_v<decltype(command())>) {
            perform(durability, command);
        } else {
            std::optional<decltype(command())> out;
            perform(durability, [&]() GAVEL_REQUIRES(ledger::writing) { out.emplace(command()); });
            return *std::move(out);
        }
    }
    template <class Command>
    auto run(Command command) {
        return run(node::Durability::kBuffered, std::move(command));
    }

    // Operations that wait are answered with Closed, and whatever comes by offer() from now on isn't taken.
    struct Closed final : std::exception {};
    void close();

    // ---- The writing thread ----

    // One group, and one command; false if there was neither. Whoever calls it is the writing thread from then on. Throws
    // node::StoreError, after the operations have been answered with it.
    bool turn();
    // Waits until there is something to do or the time is over.
    void wait_for_work(uint64_t timeout_ms);
    // The thread will call turn() no more: commands are executed by those who give them.
    void leave();

private:
    struct Operations {
        size_t count = 0;
        std::function<void()> execute;
        Answer answer;
    };
    struct Command {
        std::function<void()> execute;
        node::Durability durability = node::Durability::kBuffered;
        bool is_done = false;
        std::exception_ptr failure;
    };
    void perform(node::Durability durability, const std::function<void()>& command);
    void execute_here(Command& command);
    std::vector<Operations> take_group();
    void execute_group(std::vector<Operations> group);
    Command* next_command();

    ledger::Ledger& ledger_;
    const size_t max_queued_;
    const std::function<void()> after_;
    std::mutex turn_mutex_;  // held by whoever writes

    std::mutex mutex_;
    std::condition_variable work_, done_;
    std::deque<Operations> queue_;
    size_t queued_ = 0;              // operations in it
    std::deque<Command*> commands_;  // each lives with the thread that waits for it
    std::optional<std::thread::id> thread_;
    bool is_closed_ = false;
};

}  // namespace gavel::sequencer
