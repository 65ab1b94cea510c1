// How messages are read, field by field.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/status.hpp"

namespace gavel::proto {

// Reads a message's fields one after the other: the first failure stays, and what is read after it means nothing.
class FieldReader {
public:
    // `field`: the path of the message itself; empty for the outermost.
    explicit FieldReader(const std::string& field) : field_(field) {}

    std::string path(const char* name) const { return field_.empty() ? name : field_ + "." + name; }

    template <class T, class Value>
    T take(node::Result<T> (*read)(const Value&, const std::string&), const Value& value, const char* name) {
        if (!status_.ok()) return {};
        auto result = read(value, path(name));
        if (result) return *std::move(result);
        status_ = result.status();
        return {};
    }
    // None for no bytes.
    template <class T>
    std::optional<T> take_if_any(node::Result<T> (*read)(const std::string&, const std::string&), const std::string& value,
                                 const char* name) {
        if (value.empty()) return std::nullopt;
        return take(read, value, name);
    }
    uint16_t take_u16(uint32_t value, const char* name) {
        require(value <= UINT16_MAX, "NUMBER_TOO_LARGE", name, "is at most 65535");
        return static_cast<uint16_t>(value);
    }
    // `value`: none for a number that names nothing.
    template <class Enum>
    Enum take_enum(std::optional<Enum> value, const char* name) {
        require(value.has_value(), "ENUM_INVALID", name, "is none of its values");
        return value.value_or(Enum{});
    }
    void require(bool holds, const char* reason, const char* name, const char* message) {
        if (!holds && status_.ok()) status_ = {node::Code::kInvalidArgument, reason, path(name), message};
    }
    template <class T>
    node::Result<T> finish(T value) const {
        if (!status_.ok()) return status_;
        return value;
    }

private:
    const std::string field_;
    node::Status status_;
};

// The items of a repeated field; the path of one that has no form is `field`.`name`[place].
template <class T, class Value, class List>
node::Result<std::vector<T>> list_from_pb(node::Result<T> (*read)(const Value&, const std::string&), const List& list,
                                          const std::string& field, const std::string& name) {
    std::vector<T> out;
    out.reserve(static_cast<size_t>(list.size()));
    for (const Value& value : list) {
        const std::string at = name + "[" + std::to_string(out.size()) + "]";
        auto item = read(value, field.empty() ? at : field + "." + at);
        if (!item) return item.status();
        out.push_back(*std::move(item));
    }
    return out;
}

}  // namespace gavel::proto
