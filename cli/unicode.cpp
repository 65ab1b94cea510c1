#include "cli/unicode.hpp"

#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <optional>

#include "protocol/check.hpp"

namespace gavel::cli {
namespace {

constexpr size_t kMaxText = 64 << 10;  // a form is at most 18 times as long as its text

// UTF-16, wiped.
struct Units {
    std::vector<UChar> buffer;
    int32_t size = 0;
    explicit Units(size_t capacity) : buffer(capacity) {}
    ~Units() { explicit_bzero(buffer.data(), buffer.size() * sizeof(UChar)); }
    Units(const Units&) = delete;
    Units& operator=(const Units&) = delete;
    int32_t capacity() const { return static_cast<int32_t>(buffer.size()); }
};

using Form = const UNormalizer2* (*)(UErrorCode*);

std::optional<node::Secret> in_form(std::string_view text, Form form) {
    if (text.size() > kMaxText) return std::nullopt;
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2* normalizer = form(&error);
    GAVEL_CHECK(U_SUCCESS(error));  // these four are ICU's own data
    Units from(text.size() + 1), to(text.size() * 18 + 1);
    u_strFromUTF8(from.buffer.data(), from.capacity(), &from.size, text.data(), static_cast<int32_t>(text.size()), &error);
    if (U_FAILURE(error)) return std::nullopt;
    to.size = unorm2_normalize(normalizer, from.buffer.data(), from.size, to.buffer.data(), to.capacity(), &error);
    if (U_FAILURE(error)) return std::nullopt;
    std::string out(static_cast<size_t>(to.size) * 3 + 1, '\0');
    int32_t size = 0;
    u_strToUTF8(out.data(), static_cast<int32_t>(out.size()), &size, to.buffer.data(), to.size, &error);
    if (U_FAILURE(error)) return std::nullopt;
    out.resize(static_cast<size_t>(size));
    return node::Secret(std::move(out));
}

}  // namespace

std::vector<node::Secret> unicode_forms(std::string_view text) {
    std::vector<node::Secret> out;
    out.emplace_back(std::string(text));
    for (Form form : {unorm2_getNFCInstance, unorm2_getNFKCInstance, unorm2_getNFDInstance, unorm2_getNFKDInstance}) {
        auto other = in_form(text, form);
        if (!other) continue;
        const auto is_same = [&](const node::Secret& one) { return one.text() == other->text(); };
        if (std::none_of(out.begin(), out.end(), is_same)) out.push_back(*std::move(other));
    }
    return out;
}

node::Secret composed(std::string_view text) {
    if (auto out = in_form(text, unorm2_getNFCInstance)) return *std::move(out);
    return node::Secret(std::string(text));
}

}  // namespace gavel::cli
