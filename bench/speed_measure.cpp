#include "bench/speed_measure.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "bench/speed_beside_grpc.hpp"
#include "bench/speed_cores.hpp"
#include "bench/speed_limit.hpp"
#include "cli/progress.hpp"
#include "node/config.hpp"

namespace gavel::bench {
namespace {

using nlohmann::json;
using Timer = std::chrono::steady_clock;
constexpr std::chrono::seconds kSettlePatience{120};
constexpr uint32_t kSampledAccounts = 100;

double seconds_since(Timer::time_point begin) { return std::chrono::duration<double>(Timer::now() - begin).count(); }

struct Cpu {
    double user = 0, system = 0;  // seconds
};

// Of a process, all its threads, from /proc; ticks are a hundredth of a second.
Cpu cpu_of(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/stat");
    std::stringstream text;
    text << file.rdbuf();
    const std::string all = text.str();
    const size_t behind_name = all.rfind(')');
    if (behind_name == all.npos) throw std::runtime_error("no process " + pid);
    std::istringstream fields(all.substr(behind_name + 2));
    std::string field;
    for (int i = 3; i < 14; ++i) fields >> field;  // proc(5): utime is the 14th
    double user = 0, system = 0;
    fields >> user >> system;
    const double ticks = double(sysconf(_SC_CLK_TCK));
    return {user / ticks, system / ticks};
}

template <class T>
T must(node::Result<T> result) {
    if (!result) throw std::runtime_error(node::to_string(result.status()));
    return *std::move(result);
}

double part(const std::vector<float>& sorted, double share) {
    if (sorted.empty()) return 0;
    return double(sorted[std::min(sorted.size() - 1, static_cast<size_t>(share * double(sorted.size())))]);
}

json json_of(LoadResult& result) {
    std::sort(result.waits_ms.begin(), result.waits_ms.end());
    const auto& waits = result.waits_ms;
    return {{"seconds", result.seconds},
            {"perSecond", result.per_second},
            {"confirmed", result.confirmed},
            {"heldBack", result.held_back},
            {"refused", result.refused},
            {"ranDry", result.ran_dry},
            {"generatorCpu", result.cpu_seconds},
            {"waitMs",
             {{"messages", waits.size()},
              {"p50", part(waits, 0.5)},
              {"p99", part(waits, 0.99)},
              {"p999", part(waits, 0.999)},
              {"worst", part(waits, 1)}}}};
}

class Measurement {
public:
    Measurement(const MeasureOptions& options, api::Sequencer& sequencer, api::Query* verifier, Payments& payments)
        : options_(options),
          sequencer_(sequencer),
          verifier_(verifier),
          payments_(payments),
          progress_("loads", options.rounds * options.shapes.size()) {}

    json run() {
        const uint64_t before = settle();
        salt_ = before;
        for (unsigned round = 0; round < options_.rounds; ++round)
            for (const LoadShape& shape : options_.shapes) {
                run_one(shape, round);
                progress_.set(out_["runs"].size());
            }
        measure_limit();
        const uint64_t after = settle();
        payments_.save();
        if (after - before != confirmed_)
            throw std::runtime_error(std::to_string(confirmed_) + " receipts, but " + std::to_string(after - before) +
                                     " operations more in the sequencer");
        check_nonces();
        return std::move(out_);
    }

private:
    // Until all that is confirmed is posted, and verified; how much that is.
    uint64_t settle() {
        const auto begin = Timer::now();
        for (;;) {
            const api::ChainInfo info = must(sequencer_.chain_info());
            if (info.posted_op_count == info.op_count && (!verifier_ || must(verifier_->chain_info()).op_count == info.op_count))
                return info.op_count;
            if (Timer::now() - begin > kSettlePatience) throw std::runtime_error("what was confirmed isn't posted or verified");
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }

    void measure_limit() {
        if (options_.limit_seconds <= 0) return;
        const SignatureRates rates = measure_signatures(options_.limit_seconds);
        limit_ = rates.recoveries;
        out_["limits"].push_back({{"recoveries", rates.recoveries}, {"verifications", rates.verifications}});
    }

    std::vector<std::pair<std::string, Cpu>> cpu() const {
        std::vector<std::pair<std::string, Cpu>> out;
        for (const std::string& process : options_.processes) {
            const size_t middle = process.find('=');
            out.emplace_back(process.substr(0, middle), cpu_of(process.substr(middle + 1)));
        }
        return out;
    }

    // More than can be sent: at a rate what it takes, else half as much again as last time, and never above the limit.
    size_t needed(const LoadShape& shape) {
        const double seconds = options_.seconds + kWarmUpSeconds;
        const double most = limit_ > 0 ? limit_ : measure_signatures(0.3).recoveries;
        double rate = shape.rate > 0 ? 1.02 * shape.rate : most;
        if (shape.rate == 0 && last_.contains(shape.name)) rate = std::min(most, 1.5 * last_[shape.name]);
        return static_cast<size_t>(rate * seconds) + shape.lanes * size_t{shape.per_message} * (shape.window + 2);
    }

    void run_one(const LoadShape& shape, unsigned round) {
        payments_.prepare(needed(shape), shape.to, salt_);
        salt_ += 1'000'000'000;
        measure_limit();
        std::optional<Readers> readers;
        std::optional<Watchers> watchers;
        if (shape.readers > 0) readers.emplace(options_.sequencer, shape.readers, payments_.address(0), shape.foreign);
        if (shape.watchers > 0) watchers.emplace(options_.sequencer, owners(shape.watchers));
        const auto before = cpu();
        const auto begin = Timer::now();
        LoadResult result = run_load(options_.sequencer, payments_, shape, options_.seconds);
        json run = json_of(result);
        if (readers) run["pages"] = readers->pages(), run["pagesRefused"] = readers->refused();
        if (watchers) run["watched"] = watchers->payments(), run["watchersEnded"] = watchers->ended();
        readers.reset();
        watchers.reset();
        confirmed_ += result.confirmed;
        last_[shape.name] = result.per_second;
        settle();
        run["settledSeconds"] = seconds_since(begin);
        const auto after = cpu();
        for (size_t i = 0; i < after.size(); ++i)
            run["cpu"][after[i].first] = {{"user", after[i].second.user - before[i].second.user},
                                          {"system", after[i].second.system - before[i].second.system}};
        run["name"] = shape.name;
        run["round"] = round;
        run["limit"] = out_["limits"].empty() ? 0 : out_["limits"].size() - 1;
        out_["runs"].push_back(std::move(run));
    }

    std::vector<Address> owners(unsigned count) {
        std::vector<Address> out;
        for (unsigned i = 0; i < count; ++i) out.push_back(payments_.address(i % payments_.accounts()));
        return out;
    }

    void check_nonces() {
        for (uint32_t i = 0; i < std::min(kSampledAccounts, payments_.accounts()); ++i)
            if (must(sequencer_.account({payments_.address(i), {}})).nonce != payments_.nonce(i))
                throw std::runtime_error("account " + std::to_string(i) + " has another nonce than its receipts amount to");
    }

    const MeasureOptions& options_;
    api::Sequencer& sequencer_;
    api::Query* verifier_;
    Payments& payments_;
    cli::Progress progress_;
    double limit_ = 0;
    uint64_t confirmed_ = 0, salt_ = 0;
    std::map<std::string, double> last_;  // payments a second of a shape, the last time
    json out_ = {{"cores", cores()}, {"limits", json::array()}, {"runs", json::array()}};
};

}  // namespace

LoadShape shape_from(const std::string& text) {
    LoadShape out;
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        const size_t middle = part.find('=');
        const std::string key = part.substr(0, middle), value = middle == part.npos ? "" : part.substr(middle + 1);
        const auto number = node::parse_number(value);
        const auto count = [&] {
            if (!number) throw std::invalid_argument("'" + part + "': a number is wanted");
            return static_cast<unsigned>(std::min<uint64_t>(*number, 100'000'000));
        };
        if (key == "name") out.name = value;
        else if (key == "lanes") out.lanes = count();
        else if (key == "per") out.per_message = count();
        else if (key == "window") out.window = count();
        else if (key == "rate") out.rate = count();
        else if (key == "readers") out.readers = count();
        else if (key == "watchers") out.watchers = count();
        else if (key == "calls") out.calls = true;
        else if (key == "foreign") out.foreign = true;
        else if (key == "new") out.to = Payments::To::kNew;
        else if (key == "one") out.to = Payments::To::kOne;
        else throw std::invalid_argument("'" + key + "' is no part of a load's shape");
    }
    if (out.lanes == 0 || out.lanes > Payments::kGroups || (out.lanes & (out.lanes - 1)) != 0)
        throw std::invalid_argument("lanes are a power of two up to " + std::to_string(Payments::kGroups));
    if (out.per_message == 0 || out.window == 0)
        throw std::invalid_argument("a message has a payment at least, a window a message");
    return out;
}

json measure(const MeasureOptions& options, api::Sequencer& sequencer, api::Query* verifier, Payments& payments) {
    return Measurement(options, sequencer, verifier, payments).run();
}

}  // namespace gavel::bench
