// Writes the test vectors. usage: export_vectors FOLDER
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/export/export.hpp"

using namespace gavel::test;

namespace {

// False if the file can't be written.
bool write(const std::filesystem::path& path, const Cases& cases) {
    std::ofstream out(path);
    out << "{\"cases\": [";
    const char* separator = "\n";
    std::map<std::string, size_t> kinds;
    for (const Json& one : cases) {
        out << separator << one.dump();
        separator = ",\n";
        ++kinds[one.at("kind").get<std::string>()];
    }
    out << "\n]}\n";
    out.close();
    if (!out) return false;
    std::uintmax_t size = std::filesystem::file_size(path);
    std::printf("%s: %zu cases, %ju bytes\n", path.filename().c_str(), cases.size(), size);
    for (const auto& [kind, count] : kinds) std::printf("  %s %zu\n", kind.c_str(), count);
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: export_vectors FOLDER\n");
        return 2;
    }
    std::filesystem::path folder = argv[1];
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    const std::pair<const char*, Cases (*)()> files[] = {{"typed_data.json", typed_data_cases},
                                                         {"chunks.json", chunk_cases},
                                                         {"applies.json", apply_cases},
                                                         {"proofs.json", proof_cases},
                                                         {"batches.json", batch_cases},
                                                         {"blob_batches.json", blob_batch_cases},
                                                         {"trees.json", tree_cases}};
    for (const auto& [name, cases] : files) {
        if (write(folder / name, cases())) continue;
        std::fprintf(stderr, "can't write %s\n", (folder / name).c_str());
        return 1;
    }
    return 0;
}
