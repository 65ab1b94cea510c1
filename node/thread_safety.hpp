// Which thread may call what, for clang's thread safety analysis (-Wthread-safety); other compilers see nothing.
#pragma once

#if defined(__clang__)
#define GAVEL_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define GAVEL_THREAD_ATTRIBUTE(x)
#endif

// Of a function: whoever calls it has these roles.
#define GAVEL_REQUIRES(...) GAVEL_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))

namespace gavel::node {

// A role that one thread at a time has: writing a ledger, say. A thread that has been given it says so by assume(), once where
// it begins; the functions that need it ask for it by GAVEL_REQUIRES. Costs nothing and checks nothing at run time.
class GAVEL_THREAD_ATTRIBUTE(capability("role")) Role {
public:
    void assume() const GAVEL_THREAD_ATTRIBUTE(assert_capability(this)) {}
};

}  // namespace gavel::node
