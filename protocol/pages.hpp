// A long array in pages: it grows without copying and without more than a page to spare, and elements stay where they are.
#pragma once

#include <memory>
#include <vector>

#include "protocol/check.hpp"

namespace gavel {

template <class T, size_t kSize = 256>
class Pages {
public:
    static constexpr size_t kPageSize = kSize;  // elements

    size_t size() const { return size_; }
    // index < size().
    T& operator[](size_t index) { return pages_[index / kSize][index % kSize]; }
    const T& operator[](size_t index) const { return pages_[index / kSize][index % kSize]; }
    void push_back(const T& element) {
        resize(size_ + 1);
        (*this)[size_ - 1] = element;
    }
    // New pages hold T{}.
    void resize(size_t size) {
        const size_t pages = (size + kSize - 1) / kSize;
        while (pages_.size() < pages) pages_.push_back(std::make_unique<T[]>(kSize));
        pages_.resize(pages);
        size_ = size;
    }
    // Takes over the elements of `next`, behind its own, which fill their pages.
    void join(Pages&& next) {
        GAVEL_CHECK(size_ % kSize == 0);
        for (std::unique_ptr<T[]>& page : next.pages_) pages_.push_back(std::move(page));
        size_ += next.size_;
        next.pages_.clear();
        next.size_ = 0;
    }

private:
    std::vector<std::unique_ptr<T[]>> pages_;
    size_t size_ = 0;
};

}  // namespace gavel
