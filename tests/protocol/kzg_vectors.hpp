// The consensus specification's cases of KZG, as c-kzg-4844 publishes them: an archive a suite, a YAML file a case.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "protocol/bytes.hpp"
#include "tests/support/vectors.hpp"

namespace gavel::test {

struct KzgCase {
    std::string name;
    std::map<std::string, std::string> input;  // hex digits
    std::vector<std::string> output;           // hex digits, "true" or "false"; none if the input is refused

    template <class Fixed>
    std::optional<Fixed> get(const std::string& key) const {
        return fixed_from_hex<Fixed>(input.at(key));
    }
};

namespace detail {

inline std::string unquoted(std::string word) {
    std::erase_if(word, [](char letter) { return letter == '\'' || letter == ' '; });
    return word;
}

inline KzgCase kzg_case(std::string name, const std::string& yaml) {
    KzgCase out{std::move(name), {}, {}};
    bool outputs = false;
    for (size_t at = 0; at < yaml.size();) {
        const size_t end = std::min(yaml.find('\n', at), yaml.size());
        const std::string line = yaml.substr(at, end - at);
        at = end + 1;
        const size_t colon = line.find(':');
        if (line.starts_with("output:")) outputs = true;
        if (line.starts_with("  ") && !outputs) out.input[unquoted(line.substr(0, colon))] = unquoted(line.substr(colon + 1));
        std::string word;
        if (line.starts_with("- ")) word = unquoted(line.substr(2));
        if (line.starts_with("output:")) word = unquoted(line.substr(7));
        if (!word.empty() && word != "null") out.output.push_back(word);
    }
    return out;
}

}  // namespace detail

// Nothing if there are no vectors here.
inline std::vector<KzgCase> kzg_cases(const std::string& suite) {
    constexpr size_t kBlock = 512;  // of a tar archive: a header, then the file in whole blocks
    std::vector<KzgCase> out;
    const auto archive = vector_file("kzg/ethereum__c-kzg-4844/" + suite + ".tar.zst");
    if (!archive) return out;
    for (size_t at = 0; at + kBlock <= archive->size() && (*archive)[at] != 0;) {
        const size_t size = std::stoul(archive->substr(at + 124, 11), nullptr, 8);
        REQUIRE(at + kBlock + size <= archive->size());
        const std::string text = archive->substr(at + kBlock, size);
        if (text.starts_with("input:")) out.push_back(detail::kzg_case(archive->substr(at, 100).c_str(), text));
        at += kBlock + (size + kBlock - 1) / kBlock * kBlock;
    }
    return out;
}

}  // namespace gavel::test
