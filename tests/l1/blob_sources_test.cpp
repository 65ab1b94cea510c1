// Several sources of blobs as one: who is asked when, what is told of those that lie or fail.
#include "l1-bridge/client/blob_sources.hpp"

#include "node/log.hpp"
#include "tests/l1/fake_beacon.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;

namespace {

const Hash kHash = Hash::from(Bytes(32, 0x01));
constexpr uint64_t kRest = 600'000;

// Answers as told.
struct Scripted final : BlobSource {
    node::Status status;  // OK: the blob
    int asked = 0;
    bool is_closed = false;

    node::Result<Blob> fetch(const Hash&, const BlobPlace&) override {
        ++asked;
        return status.ok() ? node::Result<Blob>(Blob()) : status;
    }
    void lie() { status = {node::Code::kInternal, "BLOB_FALSE", "", "another blob"}; }
    void fail() { status = {node::Code::kUnavailable, "BLOBS_UNREACHABLE", "", "no answer"}; }
    void forget() { status = {node::Code::kNotFound, "BLOB_UNKNOWN", "", "no"}; }
    void mend() { status = {}; }
};

struct Three {
    node::ManualClock clock{1'000'000};
    std::vector<Scripted*> sources;
    std::unique_ptr<BlobSources> all;
    std::vector<std::string> lines;  // of the log

    Three() {
        std::vector<BlobSources::Source> made;
        for (const char* name : {"a", "b", "c"}) {
            auto source = std::make_unique<Scripted>();
            Scripted* one = sources.emplace_back(source.get());
            made.push_back({std::move(source), name, [one] { one->is_closed = true; }});
        }
        all = std::make_unique<BlobSources>(std::move(made), clock, kRest);
        node::set_log_output([this](std::string_view line) { lines.emplace_back(line); });
    }
    ~Three() { node::set_log_output({}); }

    std::string reason() {
        const auto blob = all->fetch(kHash, {});
        return blob ? "OK" : blob.status().reason;
    }
    // Who was asked by one fetch, in letters.
    std::string asked() {
        for (Scripted* source : sources) source->asked = 0;
        (void)reason();
        std::string out;
        for (size_t i = 0; i < sources.size(); ++i)
            if (sources[i]->asked > 0) out += static_cast<char>('a' + i);
        return out;
    }
};

}  // namespace

TEST_CASE("sources are asked in their order, until one has the blob") {
    Three t;
    CHECK(t.asked() == "a");
    t.sources[0]->forget();
    CHECK(t.asked() == "ab");
    t.sources[1]->forget();
    CHECK(t.asked() == "abc");
    CHECK(t.reason() == "OK");
    t.sources[0]->mend();
    CHECK(t.asked() == "a");  // one that didn't know a blob isn't put last
    CHECK(t.lines.empty());
}

TEST_CASE("one that lied or failed is asked last for a while") {
    for (auto harm : {&Scripted::lie, &Scripted::fail}) {
        Three t;
        (t.sources[0]->*harm)();
        CHECK(t.asked() == "ab");
        t.sources[0]->mend();
        CHECK(t.asked() == "b");
        t.sources[1]->forget();
        t.sources[2]->forget();
        CHECK(t.asked() == "abc");
        CHECK(t.reason() == "OK");
        t.sources[1]->mend();
        t.clock.advance(kRest - 1);
        CHECK(t.asked() == "b");
        t.clock.advance(1);
        CHECK(t.asked() == "a");
    }
}

TEST_CASE("what nobody has is unknown, or unreachable if somebody couldn't be asked, or false if all lied") {
    Three t;
    for (Scripted* source : t.sources) source->forget();
    CHECK(t.reason() == "BLOB_UNKNOWN");
    t.sources[1]->lie();
    CHECK(t.reason() == "BLOB_UNKNOWN");
    t.sources[2]->fail();
    CHECK(t.reason() == "BLOBS_UNREACHABLE");
    CHECK(t.all->fetch(kHash, {}).status().code == node::Code::kUnavailable);
    for (Scripted* source : t.sources) source->lie();
    CHECK(t.reason() == "BLOB_FALSE");
    BlobSources none({}, t.clock);
    CHECK(none.fetch(kHash, {}).status().reason == "BLOBS_UNREACHABLE");
}

TEST_CASE("a lie or failure is told once, until the source is well again") {
    Three t;
    t.sources[0]->lie();
    for (int i = 0; i < 3; ++i) CHECK(t.reason() == "OK");
    REQUIRE(t.lines.size() == 1);
    CHECK(t.lines[0].find("source=a") != std::string::npos);
    CHECK(t.lines[0].find("another blob") != std::string::npos);
    t.clock.advance(kRest);
    CHECK(t.reason() == "OK");
    CHECK(t.lines.size() == 1);  // it still lies
    t.clock.advance(kRest);
    t.sources[0]->mend();
    CHECK(t.asked() == "a");
    t.sources[0]->fail();
    CHECK(t.reason() == "OK");
    REQUIRE(t.lines.size() == 2);
    CHECK(t.lines[1].find("can't be reached") != std::string::npos);
}

TEST_CASE("one that is now right and now wrong fills no log") {
    Three t;
    for (size_t i : {1, 2}) t.sources[i]->forget();
    for (int i = 0; i < 20; ++i) {
        t.sources[0]->lie();
        CHECK(t.reason() == "BLOB_UNKNOWN");
        t.sources[0]->mend();
        CHECK(t.reason() == "OK");
    }
    CHECK(t.lines.size() == 1);
}

TEST_CASE("figures tell of each source how often it was right, ignorant, wrong or away") {
    Three t;
    node::Metrics metrics;
    t.all->count_in(metrics);
    t.sources[0]->forget();
    t.sources[1]->lie();
    t.sources[2]->fail();
    t.reason();
    t.sources[2]->mend();
    t.reason();
    const auto figures = t.all->figures();
    REQUIRE(figures.size() == 3);
    CHECK((figures[0].name == "a" && figures[1].name == "b" && figures[2].name == "c"));
    CHECK((figures[0].unknown == 2 && figures[0].last_error.empty() && !figures[0].is_last));
    CHECK((figures[1].lies == 2 && figures[1].failures == 0 && figures[1].is_last));
    CHECK(figures[1].last_error == "BLOB_FALSE: another blob");
    CHECK((figures[2].failures == 1 && figures[2].answers == 1));
    CHECK(figures[2].last_error == "BLOBS_UNREACHABLE: no answer");
    const std::string text = metrics.text();
    for (const char* line :
         {R"(gavel_blob_answers_total{result="unknown",source="a"} 2)",
          R"(gavel_blob_answers_total{result="false",source="b"} 2)",
          R"(gavel_blob_answers_total{result="unreachable",source="c"} 1)",
          R"(gavel_blob_answers_total{result="blob",source="c"} 1)", R"(gavel_blob_answers_total{result="blob",source="a"} 0)"}) {
        INFO(line << "\n" << text);
        CHECK(text.find(line) != std::string::npos);
    }
    t.clock.advance(kRest);
    CHECK_FALSE(t.all->figures()[1].is_last);
}

TEST_CASE("closing reaches each source, and none of them is blamed for it") {
    Three t;
    t.all->close();
    for (Scripted* source : t.sources) CHECK(source->is_closed);
    CHECK(t.reason() == "BLOBS_UNREACHABLE");
    CHECK(t.asked().empty());
    CHECK(t.lines.empty());
}

TEST_CASE("an honest server behind one that lies, one that can't be reached and one that knows nothing gives the blob") {
    const HashedBlob one = some_blob(1), other = some_blob(2);
    FakeBeacon liar(only_blobs({200, blobs_body({blob_text(other.blob)})})), ignorant(only_blobs({200, blobs_body({})})),
        honest(only_blobs({200, blobs_body({blob_text(one.blob)})}));
    BlobFlags flags{{liar.url() + "/s3cret", "http://127.0.0.1:1", ignorant.url(), honest.url()}};
    node::ManualClock clock;
    std::vector<std::string> lines;
    node::set_log_output([&](std::string_view line) { lines.emplace_back(line); });
    auto sources = open_blob_sources(flags, {}, clock);
    REQUIRE(sources.ok());
    for (int i = 0; i < 2; ++i) CHECK(*(**sources).fetch(one.hash, {7, 0}) == one.blob);
    node::set_log_output({});
    CHECK(lines.size() == 2);
    for (const std::string& line : lines) CHECK(line.find("s3cret") == std::string::npos);
    const auto figures = (**sources).figures();
    CHECK(figures[0].name == "http://127.0.0.1");
    CHECK(figures[3].name == "http://127.0.0.1 (4)");
    CHECK((figures[0].lies == 1 && figures[1].failures == 1 && figures[2].unknown == 2 && figures[3].answers == 2));
    CHECK(figures[0].last_error.find("s3cret") == std::string::npos);
    (**sources).close();
    CHECK((**sources).fetch(one.hash, {7, 0}).status().reason == "BLOBS_UNREACHABLE");
}

TEST_CASE("--blobs takes URLs, several of them or none") {
    auto parsed = [](const std::vector<std::string>& arguments) {
        BlobFlags flags;
        node::Options options("test", "A test.");
        add_blob_flags(options, flags);
        CHECK(options.parse(arguments).run);
        return flags.urls;
    };
    CHECK(parsed({}).empty());
    CHECK(parsed({"--blobs", "http://a", "--blobs", "https://b/x"}) == std::vector<std::string>{"http://a", "https://b/x"});
    CHECK(parsed({"--blobs", "http://a,http://b"}).size() == 2);
    node::ManualClock clock;
    CHECK(open_blob_sources({}, {}, clock).ok());
    CHECK((**open_blob_sources({{"http://a", "http://ab", "http://a:1"}}, {}, clock)).figures()[2].name == "http://a (2)");
    for (const char* bad : {"", "a", "ftp://a", "file:///etc/passwd", "http://"}) {
        INFO(bad);
        const auto opened = open_blob_sources({{bad}}, {}, clock);
        CHECK(opened.status().reason == "OPTION_INVALID");
    }
}
