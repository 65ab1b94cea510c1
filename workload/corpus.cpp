#include "workload/corpus.hpp"

#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

Status unreadable(const std::string& path, const std::string& why) {
    return {Code::kInvalidArgument, "FILE_UNREADABLE", "file", path + ": " + why};
}

class PlainReader final : public LineReader {
public:
    PlainReader(std::string path, File file) : path_(std::move(path)), file_(std::move(file)) {}

private:
    Status fill(std::string& buffer) override {
        const size_t before = buffer.size();
        buffer.resize(before + kBlock);
        const size_t got = std::fread(buffer.data() + before, 1, kBlock, file_.get());
        buffer.resize(before + got);
        if (got == 0 && std::ferror(file_.get())) return unreadable(path_, std::strerror(errno));
        return {};
    }
    static constexpr size_t kBlock = 1 << 16;
    std::string path_;
    File file_;
};

class ZstdReader final : public LineReader {
public:
    ZstdReader(std::string path, File file) : path_(std::move(path)), file_(std::move(file)), stream_(ZSTD_createDStream()) {}
    ~ZstdReader() override { ZSTD_freeDStream(stream_); }

private:
    Status fill(std::string& buffer) override {
        const size_t before = buffer.size();
        while (buffer.size() == before) {
            if (at_ == input_.size()) {
                input_.resize(ZSTD_DStreamInSize());
                input_.resize(std::fread(input_.data(), 1, input_.size(), file_.get()));
                at_ = 0;
                if (input_.empty()) return within_frame_ ? unreadable(path_, "ends within its compressed data") : Status{};
            }
            buffer.resize(before + ZSTD_DStreamOutSize());
            ZSTD_inBuffer in{input_.data(), input_.size(), at_};
            ZSTD_outBuffer out{buffer.data() + before, buffer.size() - before, 0};
            const size_t hint = ZSTD_decompressStream(stream_, &out, &in);
            buffer.resize(before + out.pos);
            if (ZSTD_isError(hint)) return unreadable(path_, ZSTD_getErrorName(hint));
            at_ = in.pos;
            within_frame_ = hint != 0;
        }
        return {};
    }
    std::string path_;
    File file_;
    ZSTD_DStream* stream_;
    std::string input_;
    size_t at_ = 0;
    bool within_frame_ = false;
};

// Where the columns are; -1: none.
struct Columns {
    int from = -1, to = -1, value_wei = -1, token = -1, amount = -1, fee = -1, memo = -1;
    std::vector<int> extra;
    size_t count = 0;

    static std::optional<Columns> of(const std::vector<std::string>& titles, const std::vector<std::string>& extra) {
        Columns out;
        out.count = titles.size();
        for (const std::string& name : extra) {
            auto at = std::find(titles.begin(), titles.end(), name);
            out.extra.push_back(at == titles.end() ? -1 : static_cast<int>(at - titles.begin()));
        }
        const std::pair<const char*, int*> names[] = {
            {"from", &out.from},   {"to", &out.to},         {"value_wei", &out.value_wei},
            {"token", &out.token}, {"amount", &out.amount}, {"fee", &out.fee},
            {"memo", &out.memo}};
        for (size_t i = 0; i < titles.size(); ++i) {
            for (const auto& [name, column] : names) {
                if (titles[i] != name) continue;
                if (*column >= 0) return std::nullopt;
                *column = static_cast<int>(i);
            }
        }
        const bool amounts = out.amount >= 0 || (out.value_wei >= 0 && out.token < 0);
        if (out.from < 0 || out.to < 0 || !amounts) return std::nullopt;
        return out;
    }
};

bool is_number(const std::string& text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos; }

// nullptr, or why the row is skipped.
const char* read_row(const std::vector<std::string>& fields, const Columns& columns, CorpusPayment& payment) {
    if (fields.size() != columns.count) return "malformed row";
    auto at = [&](int column) { return column < 0 ? std::string() : fields[static_cast<size_t>(column)]; };
    auto from = fixed_from_hex<Address>(at(columns.from)), to = fixed_from_hex<Address>(at(columns.to));
    if (!from || !to) return at(columns.to).empty() || at(columns.from).empty() ? "address missing" : "address malformed";
    if (from->is_zero() || to->is_zero()) return "zero address";

    const std::string token_text = at(columns.token);
    Address token;
    if (!token_text.empty()) {
        auto parsed = fixed_from_hex<Address>(token_text);
        if (!parsed) return "token malformed";
        token = *parsed;
    }
    const bool in_amount = !token.is_zero() ? columns.amount >= 0 : columns.value_wei < 0;
    const std::string amount_text = at(in_amount ? columns.amount : columns.value_wei);
    if (!is_number(amount_text)) return "amount malformed";
    auto amount = amount_from_string(amount_text);
    if (!amount) return "amount of 2^128 or more";
    if (amount->is_zero()) return "amount of zero";
    if (const std::string fee = at(columns.fee); !fee.empty()) {
        payment.fee = is_number(fee) ? amount_from_string(fee) : std::nullopt;
        if (!payment.fee) return "fee malformed";
    }
    if (const std::string memo = at(columns.memo); !memo.empty()) {
        auto parsed = fixed_from_hex<Hash>(memo);
        if (!parsed) return "memo malformed";
        payment.memo = *parsed;
    }
    for (int column : columns.extra) payment.extra.push_back(at(column));
    payment.from = *from;
    payment.to = *to;
    payment.token = token;
    payment.amount = *amount;
    return nullptr;
}

}  // namespace

Result<std::unique_ptr<LineReader>> LineReader::open(const std::string& path) {
    File file(std::fopen(path.c_str(), "rb"));
    if (!file && errno == ENOENT) return Status{Code::kNotFound, "FILE_NOT_FOUND", "file", path + ": no such file"};
    if (!file) return unreadable(path, std::strerror(errno));
    std::unique_ptr<LineReader> reader;
    if (path.ends_with(".zst")) {
        reader = std::make_unique<ZstdReader>(path, std::move(file));
    } else {
        reader = std::make_unique<PlainReader>(path, std::move(file));
    }
    return reader;
}

bool LineReader::next(std::string& line) {
    size_t end;
    while ((end = buffer_.find('\n', at_)) == std::string::npos) {
        if (ended_ || !status_.ok()) break;
        buffer_.erase(0, at_);
        at_ = 0;
        if (buffer_.size() > kMaxLine) {
            status_ = {Code::kInvalidArgument, "LINE_TOO_LONG", "file", "a line is over 1 MiB long"};
            return false;
        }
        const size_t before = buffer_.size();
        status_ = fill(buffer_);
        ended_ = buffer_.size() == before;
    }
    if (!status_.ok()) return false;
    if (end == std::string::npos) {
        if (at_ >= buffer_.size()) return false;
        end = buffer_.size();
    }
    line.assign(buffer_, at_, end - at_);
    if (line.ends_with('\r')) line.pop_back();
    at_ = std::min(end + 1, buffer_.size());
    return true;
}

bool split_csv(std::string_view line, std::vector<std::string>& fields, char separator) {
    fields.clear();
    size_t at = 0;
    for (;;) {
        std::string field;
        const size_t start = std::min(line.find_first_not_of(' ', at), line.size());
        if (start < line.size() && line[start] == '"') {
            at = start;
            for (++at;; ++at) {
                if (at >= line.size()) return false;
                if (line[at] != '"') {
                    field += line[at];
                } else if (at + 1 < line.size() && line[at + 1] == '"') {
                    field += line[++at];
                } else {
                    break;
                }
            }
            at = std::min(line.find_first_not_of(' ', at + 1), line.size());
            if (at < line.size() && line[at] != separator) return false;
        } else {
            const size_t end = std::min(line.find(separator, at), line.size());
            field = line.substr(at, end - at);
            at = end;
        }
        fields.push_back(std::move(field));
        if (at >= line.size()) return true;
        ++at;
    }
}

Result<Corpus> read_corpus(const std::string& path, uint64_t max_payments, const std::vector<std::string>& extra) {
    auto reader = LineReader::open(path);
    if (!reader) return reader.status();
    std::string line;
    std::vector<std::string> fields;
    std::optional<Columns> columns;
    if ((*reader)->next(line) && split_csv(line, fields)) columns = Columns::of(fields, extra);
    if (!(*reader)->status().ok()) return (*reader)->status();
    if (!columns) {
        return Status{Code::kInvalidArgument, "CORPUS_COLUMNS", "file",
                      path + ": the first line must name the columns from, to, and value_wei or amount, each once"};
    }
    Corpus out;
    for (uint64_t number = 2; (max_payments == 0 || out.payments.size() < max_payments) && (*reader)->next(line); ++number) {
        if (line.empty()) continue;
        ++out.rows;
        CorpusPayment payment;
        payment.row = out.rows;
        const char* fault = split_csv(line, fields) ? read_row(fields, *columns, payment) : "malformed row";
        if (fault != nullptr) {
            ++out.skipped[fault];
            out.bad.push_back({number, fault});
        } else {
            out.payments.push_back(payment);
        }
    }
    if (!(*reader)->status().ok()) return (*reader)->status();
    return out;
}

}  // namespace gavel::cli
