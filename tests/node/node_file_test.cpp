// Files that are written over other things than files, and those that hold secrets.
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <filesystem>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/file.hpp"
#include "node/secret.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gavel::node;
using gavel::test::TempDir;

namespace {

struct stat stat_of(const std::string& path) {
    struct stat info {};
    REQUIRE(::lstat(path.c_str(), &info) == 0);
    return info;
}

}  // namespace

TEST_CASE("a device, a pipe and an open file are written to, not over") {
    // One like /dev/null, if this user may make it: were the real one written over, it would be gone for all.
    TempDir dir;
    const std::string null = dir.file("null");
    if (::mknod(null.c_str(), S_IFCHR | 0666, stat_of("/dev/null").st_rdev) == 0) {
        CHECK(write_file(null, "x").ok());
        CHECK(S_ISCHR(stat_of(null).st_mode));
    }

    const std::string pipe = dir.file("pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
    REQUIRE(reader >= 0);
    CHECK(write_file(pipe, "through").ok());
    char buffer[16];
    CHECK(::read(reader, buffer, sizeof buffer) == 7);
    ::close(reader);
    CHECK(S_ISFIFO(stat_of(pipe).st_mode));

    // As `> out` leaves /dev/stdout: a link to an open file, which others go on writing to.
    const std::string out = dir.file("out");
    const int file = ::open(out.c_str(), O_RDWR | O_CREAT | O_APPEND, 0600);
    REQUIRE(file >= 0);
    REQUIRE(::write(file, "first ", 6) == 6);
    CHECK(write_file("/proc/self/fd/" + std::to_string(file), "second ").ok());
    REQUIRE(::write(file, "third", 5) == 5);
    CHECK(*read_file(out) == "first second third");
    ::close(file);
}

TEST_CASE("a symbolic link stays, and what it points to is replaced whole") {
    TempDir dir;
    REQUIRE(write_file(dir.file("target"), "old").ok());
    std::filesystem::create_symlink("target", dir.file("link"));
    CHECK(write_file(dir.file("link"), "new").ok());
    CHECK(S_ISLNK(stat_of(dir.file("link")).st_mode));
    CHECK(*read_file(dir.file("target")) == "new");
    std::filesystem::create_symlink("nowhere", dir.file("dangling"));
    CHECK(write_file(dir.file("dangling"), "x").reason == "FILE_UNWRITABLE");
    CHECK_FALSE(std::filesystem::exists(dir.file("nowhere")));
    CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 3);
}

TEST_CASE("a folder and a block device aren't written over") {
    TempDir dir;
    std::filesystem::create_directory(dir.file("folder"));
    CHECK(write_file(dir.file("folder"), "x").reason == "FILE_UNWRITABLE");
    CHECK(std::filesystem::is_directory(dir.file("folder")));
    // Major number 1: the RAM disk, which isn't even opened.
    const std::string disk = dir.file("disk");
    if (::mknod(disk.c_str(), S_IFBLK | 0600, 0x0100) != 0) return;
    CHECK(write_file(disk, "x").message.find("block device") != std::string::npos);
    CHECK(S_ISBLK(stat_of(disk).st_mode));
}

TEST_CASE("a file with a secret that others may read is refused unless told") {
    TempDir dir;
    const std::string path = dir.file("key");
    for (const unsigned mode : {0600u, 0400u}) {
        REQUIRE(write_file(path, "secret", mode).ok());
        auto secret = read_secret_file(path, 6, false);
        REQUIRE(secret.ok());
        CHECK(secret->text() == "secret");
        CHECK(read_secret_file(path, 5, false).status().reason == "FILE_TOO_LARGE");
    }
    for (const unsigned mode : {0640u, 0604u, 0620u, 0602u, 0610u}) {
        REQUIRE(write_file(path, "secret", mode).ok());
        auto refused = read_secret_file(path, 6, false);
        CHECK(refused.status().reason == "SECRET_FILE_READABLE");
        CHECK(refused.status().message.find("secret") == std::string::npos);
        CHECK(read_secret_file(path, 6, true)->text() == "secret");
    }
    CHECK(read_secret_file(dir.file("none"), 6, false).status().reason == "FILE_NOT_FOUND");
    CHECK(read_secret_file(dir.path(), 6, true).status().reason == "FILE_UNREADABLE");
}

TEST_CASE("a wiped text leaves nothing in its memory, a moved secret neither") {
    for (const std::string& content : {std::string("short"), std::string(100, 'k')}) {
        std::string text = content;
        text.reserve(200);
        const char* memory = text.data();
        wipe(text);
        CHECK(text.empty());
        for (size_t i = 0; i < content.size(); ++i) CHECK(memory[i] == 0);

        Secret from(content);
        const char* before = from.text().data();
        const Secret to(std::move(from));
        CHECK(to.text() == content);
        if (to.text().data() != before) {
            for (size_t i = 0; i < content.size(); ++i) CHECK(before[i] == 0);
        }
        Secret copy(to), other("other");
        other = copy;
        CHECK(other.text() == content);
    }
}

TEST_CASE("a process with keys leaves no core and can't be looked into") {
    forbid_dumps();
    CHECK(::prctl(PR_GET_DUMPABLE) == 0);
    rlimit now{1, 1};
    REQUIRE(::getrlimit(RLIMIT_CORE, &now) == 0);
    CHECK(now.rlim_cur == 0);
    CHECK(now.rlim_max == 0);
    ::prctl(PR_SET_DUMPABLE, 1);
}
