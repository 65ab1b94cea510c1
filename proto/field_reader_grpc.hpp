// Reads a message's fields, for conversions; not for servers or clients.
#pragma once

#include <string>

#include "node/status.hpp"

namespace gavel::proto {

// Reads fields one after the other; the first failure stays, and what is read after it means nothing.
class FieldReader {
public:
    explicit FieldReader(const std::string& field) : field_(field) {}

    template <class T>
    T take(node::Result<T> (*read)(const std::string&, const std::string&), const std::string& value, const char* name) {
        if (!status_.ok()) return {};
        auto result = read(value, field_ + "." + name);
        if (result) return *result;
        status_ = result.status();
        return {};
    }
    template <class T>
    node::Result<T> finish(T value) const {
        if (!status_.ok()) return status_;
        return value;
    }

private:
    std::string field_;
    node::Status status_;
};

}  // namespace gavel::proto
