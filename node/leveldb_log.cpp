#include "node/leveldb_log.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>

#include "node/store.hpp"

namespace gavel::node {
namespace {

constexpr size_t kBlockBytes = 32'768;
constexpr size_t kHeaderBytes = 7;
constexpr size_t kSectorBytes = 512;  // what a disk writes whole
enum PieceType : uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

constexpr std::array<uint32_t, 256> make_table() {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < 256; ++i) {
        uint32_t sum = i;
        for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ (sum & 1 ? 0x82f63b78u : 0);
        table[i] = sum;
    }
    return table;
}

// CRC-32C, bit-reversed polynomial 0x82f63b78.
class Crc {
public:
    void add(uint8_t byte) { sum_ = kTable[(sum_ ^ byte) & 0xff] ^ (sum_ >> 8); }
    // As LevelDB stores it.
    uint32_t masked() const {
        uint32_t sum = ~sum_;
        return ((sum >> 15) | (sum << 17)) + 0xa282ead8u;
    }

private:
    static constexpr std::array<uint32_t, 256> kTable = make_table();
    uint32_t sum_ = 0xffffffff;
};

class LogReader {
public:
    explicit LogReader(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        log_.assign(std::istreambuf_iterator<char>(file), {});
        if (!file.is_open() || file.bad()) throw StoreError("store file " + path + " can't be read");
    }

    // Reads pieces up to the end (true) or a gap (false), from where it stands.
    bool read(const LogVisitor& visit) {
        for (;;) {
            size_t rest = kBlockBytes - at_ % kBlockBytes;
            if (rest < kHeaderBytes) at_ = std::min(at_ + rest, log_.size());  // a block's trailer
            if (at_ == log_.size()) return true;
            auto piece = piece_at(at_);
            if (!piece || !take(*piece, visit)) return false;
        }
    }
    // Behind a gap: where the next sound piece is, believing the gap's own length or else at a block's start. False: nowhere.
    bool skip_gap() {
        inside_ = false;
        size_t next = at_ + kHeaderBytes + length_at(at_);
        if (at_ + kHeaderBytes <= log_.size() && piece_at(next)) {
            at_ = next;
            return true;
        }
        for (next = (at_ / kBlockBytes + 1) * kBlockBytes; next < log_.size(); next += kBlockBytes) {
            at_ = next;
            if (piece_at(next)) return true;
        }
        return false;
    }
    // Whether the gap, behind which nothing sound is, is what an append leaves that was never finished.
    bool gap_is_unfinished() const {
        size_t left = log_.size() - at_;
        if (left < kHeaderBytes) return true;
        size_t last = log_.find_last_not_of('\0');
        size_t zeros = last == log_.npos ? 0 : last + 1;  // where those at the end begin
        size_t end = at_ + kHeaderBytes + length_at(at_), block_end = (at_ / kBlockBytes + 1) * kBlockBytes;
        bool is_header = byte(at_ + 6) >= kFull && byte(at_ + 6) <= kLast && end <= block_end;
        if (is_header && end > log_.size()) return !is_whole_with_another_length();
        size_t sector = (zeros + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
        return zeros <= at_ || sector < std::min(end, log_.size());
    }

    size_t at() const { return at_; }
    size_t end() const { return end_; }
    size_t size() const { return log_.size(); }
    bool inside() const { return inside_; }
    // At a sound piece that doesn't belong there: gives up the record that lost its end, or passes a piece that lost its
    // beginning.
    void drop_record() {
        if (!inside_) at_ = piece_at(at_)->end;
        inside_ = false;
    }
    bool stands_at_piece() const { return piece_at(at_).has_value(); }

private:
    struct Piece {
        uint8_t type = 0;
        std::string_view data;
        size_t end = 0;
    };

    uint32_t byte(size_t at) const { return at < log_.size() ? static_cast<uint8_t>(log_[at]) : 0; }
    size_t length_at(size_t at) const { return byte(at + 4) | byte(at + 5) << 8; }
    uint32_t sum_at(size_t at) const { return byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24; }

    std::optional<Piece> piece_at(size_t at) const {
        size_t block_end = std::min(log_.size(), (at / kBlockBytes + 1) * kBlockBytes);
        if (at + kHeaderBytes > block_end) return std::nullopt;
        Piece piece{static_cast<uint8_t>(byte(at + 6)), {}, at + kHeaderBytes + length_at(at)};
        if (piece.end > block_end || piece.type < kFull || piece.type > kLast) return std::nullopt;
        piece.data = std::string_view(log_).substr(at + kHeaderBytes, length_at(at));
        Crc crc;
        crc.add(piece.type);
        for (char c : piece.data) crc.add(static_cast<uint8_t>(c));
        if (crc.masked() != sum_at(at)) return std::nullopt;
        return piece;
    }
    // Whether the sum in the gap's header is that of some shorter piece: then its length is what was damaged.
    bool is_whole_with_another_length() const {
        Crc crc;
        for (size_t i = at_ + kHeaderBytes - 1; i < log_.size(); ++i) {
            crc.add(static_cast<uint8_t>(byte(i)));
            if (crc.masked() == sum_at(at_)) return true;
        }
        return false;
    }

    // False if the piece doesn't belong where it stands.
    bool take(const Piece& piece, const LogVisitor& visit) {
        bool begins = piece.type == kFull || piece.type == kFirst;
        bool lost_end = begins && inside_ && !record_.empty();  // an empty first piece may be left at a block's end
        if (lost_end || (!begins && !inside_)) return false;
        if (begins) record_.clear();
        record_ += piece.data;
        at_ = piece.end;
        inside_ = piece.type == kFirst || piece.type == kMiddle;
        if (inside_) return true;
        end_ = at_;
        if (visit) visit(record_);
        return true;
    }

    std::string log_;
    size_t at_ = 0;
    size_t end_ = 0;
    bool inside_ = false;
    std::string record_;
};

}  // namespace

LogTail read_log(const std::string& path, const LogVisitor& visit) {
    LogReader log(path);
    LogTail tail;
    tail.size = log.size();
    bool at_end = log.read(visit);
    tail.end = log.end();
    if (at_end) {
        if (log.inside()) tail.kind = LogTail::Kind::kTorn;
        return tail;
    }
    tail.kind = LogTail::Kind::kDamaged;
    uint64_t gap = log.at();
    bool is_unfinished = !log.stands_at_piece() && log.gap_is_unfinished();
    if (is_unfinished && !log.skip_gap()) tail.kind = LogTail::Kind::kTorn;
    else tail.end = gap;
    return tail;
}

namespace {

// Fields of a descriptor's record: a tag, then numbers and strings.
class EditReader {
public:
    explicit EditReader(std::string_view record) : left_(record) {}
    bool at_end() const { return left_.empty(); }
    bool ok() const { return ok_; }

    uint64_t number() {
        uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (left_.empty()) break;
            auto byte = static_cast<uint8_t>(left_.front());
            left_.remove_prefix(1);
            value |= uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80) return value;
        }
        ok_ = false;
        return 0;
    }
    void skip_string() {
        uint64_t length = number();
        ok_ = ok_ && length <= left_.size();
        if (ok_) left_.remove_prefix(length);
    }

private:
    std::string_view left_;
    bool ok_ = true;
};

}  // namespace

void LogNumber::take(std::string_view descriptor_record) {
    enum Tag { kComparator = 1, kLog, kNextFile, kLastSequence, kCompactPointer, kDeletedFile, kNewFile, kPreviousLog = 9 };
    EditReader in(descriptor_record);
    while (in.ok() && !in.at_end()) {
        switch (in.number()) {
            case kComparator: in.skip_string(); break;
            case kLog: value_ = in.number(); break;
            case kNextFile:
            case kLastSequence:
            case kPreviousLog: in.number(); break;
            case kCompactPointer: in.number(), in.skip_string(); break;
            case kDeletedFile: in.number(), in.number(); break;
            case kNewFile: in.number(), in.number(), in.number(), in.skip_string(), in.skip_string(); break;
            default: return;  // LevelDB will say what it thinks of it
        }
    }
}

bool salvage_log(const std::string& path, const LogVisitor& visit) {
    LogReader log(path);
    bool whole = true;
    while (!log.read(visit)) {
        whole = whole && !log.stands_at_piece() && log.gap_is_unfinished();
        if (log.stands_at_piece()) {
            log.drop_record();
        } else if (!log.skip_gap()) {
            break;
        } else {
            whole = false;
        }
    }
    return whole;
}

void append_log_record(std::string& log, std::string_view record) {
    for (bool begin = true; begin || !record.empty(); begin = false) {
        size_t room = kBlockBytes - log.size() % kBlockBytes;
        if (room < kHeaderBytes) {
            log.append(room, '\0');
            room = kBlockBytes;
        }
        std::string_view piece = record.substr(0, room - kHeaderBytes);
        record.remove_prefix(piece.size());
        auto type = static_cast<uint8_t>(begin ? (record.empty() ? kFull : kFirst) : (record.empty() ? kLast : kMiddle));
        Crc crc;
        crc.add(type);
        for (char c : piece) crc.add(static_cast<uint8_t>(c));
        for (int shift = 0; shift < 32; shift += 8) log += static_cast<char>(crc.masked() >> shift);
        log += static_cast<char>(piece.size());
        log += static_cast<char>(piece.size() >> 8);
        log += static_cast<char>(type);
        log += piece;
    }
}

}  // namespace gavel::node
