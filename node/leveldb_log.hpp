// LevelDB's log format, as far as telling a record that was cut short from a damaged one needs it: blocks of 32 KiB, and in them
// crc(4) length(2) type(1) data, a logical record being one full piece or a first, middle ones and a last. (LevelDB's
// doc/log_format.md.) The descriptor, MANIFEST, has the same format.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace gavel::node {

struct LogTail {
    enum class Kind : uint8_t {
        kClean,    // the last record is complete
        kTorn,     // behind the last complete record is a piece of one more: the file ends in it, or zeros follow to the end
        kDamaged,  // bytes that were once written are others now
    };
    Kind kind = Kind::kClean;
    uint64_t end = 0;   // of the last complete record, in bytes; of the first gap if it is damaged
    uint64_t size = 0;  // of the file, in bytes
};

// Told each complete logical record.
using LogVisitor = std::function<void(std::string_view record)>;

// Reads a log up to its end or its first gap. Throws StoreError if the file can't be read.
LogTail read_log(const std::string& path, const LogVisitor& visit = {});
// The number of the log that the records of a descriptor name last; 0 if none does, or if a record is none of a descriptor.
class LogNumber {
public:
    void take(std::string_view descriptor_record);
    uint64_t value() const { return value_; }

private:
    uint64_t value_ = 0;
};
// Every complete record of a log that can be found, whatever lies between; true if nothing was left out but a torn tail.
bool salvage_log(const std::string& path, const LogVisitor& visit);
// Adds a record to the end of a log.
void append_log_record(std::string& log, std::string_view record);

}  // namespace gavel::node
