#include "bench/speed_beside_grpc.hpp"

#include "gavel/v1/query.grpc.pb.h"

#include <grpcpp/grpcpp.h>

#include <mutex>

#include "bench/speed_lane_grpc.hpp"
#include "proto/convert_grpc.hpp"

namespace gavel::bench {
namespace {

constexpr uint32_t kPage = 100;

}  // namespace

Readers::Readers(const std::string& sequencer, unsigned count, const Address& owner, bool foreign) {
    v1::ListHistoryRequest question;
    question.set_owner(proto::to_pb_bytes(owner));
    question.set_limit(kPage);
    question.set_one_token(foreign);
    if (foreign) question.set_token(std::string(Address::kSize, '\x09'));
    for (unsigned i = 0; i < count; ++i)
        threads_.emplace_back([this, sequencer, question]() mutable {
            const auto stub = v1::Query::NewStub(own_connection(sequencer));
            while (running_) {
                grpc::ClientContext context;
                v1::ListHistoryResponse page;
                if (stub->ListHistory(&context, question, &page).ok()) {
                    ++pages_;
                    question.set_cursor(page.next_cursor());
                } else {
                    ++refused_;
                    std::this_thread::sleep_for(std::chrono::milliseconds(10));
                }
            }
        });
}

Readers::~Readers() {
    running_ = false;
    for (std::thread& thread : threads_) thread.join();
}

struct Watchers::Streams {
    struct One {
        grpc::ClientContext context;
        v1::WatchPaymentsResponse news;
        std::unique_ptr<grpc::ClientAsyncReader<v1::WatchPaymentsResponse>> reader;
        bool is_started = false;
    };
    std::vector<std::unique_ptr<v1::Query::Stub>> stubs;
    std::mutex mutex;
    grpc::CompletionQueue queue;
    std::vector<std::unique_ptr<One>> all;
};

Watchers::Watchers(const std::string& sequencer, const std::vector<Address>& owners) : streams_(std::make_unique<Streams>()) {
    const std::string other = "[::1]" + sequencer.substr(sequencer.rfind(':'));
    for (const std::string& target : {sequencer, other}) streams_->stubs.push_back(v1::Query::NewStub(own_connection(target)));
    for (size_t i = 0; i < owners.size(); ++i) {
        auto one = std::make_unique<Streams::One>();
        v1::WatchPaymentsRequest request;
        request.set_owner(proto::to_pb_bytes(owners[i]));
        request.set_only_new(true);
        one->reader =
            streams_->stubs[2 * i / owners.size()]->AsyncWatchPayments(&one->context, request, &streams_->queue, one.get());
        streams_->all.push_back(std::move(one));
    }
    thread_ = std::thread([this] {
        void* tag = nullptr;
        for (bool ok = false; streams_->queue.Next(&tag, &ok);) {
            auto& one = *static_cast<Streams::One*>(tag);
            if (!ok) {
                if (running_) ++ended_;
                continue;
            }
            if (one.is_started) payments_ += static_cast<uint64_t>(one.news.payments_size());
            one.is_started = true;
            std::lock_guard lock(streams_->mutex);  // a queue that is shut down takes no more
            if (running_) one.reader->Read(&one.news, tag);
        }
    });
}

Watchers::~Watchers() {
    for (auto& one : streams_->all) one->context.TryCancel();
    {
        std::lock_guard lock(streams_->mutex);
        running_ = false;
        streams_->queue.Shutdown();
    }
    thread_.join();
}

}  // namespace gavel::bench
