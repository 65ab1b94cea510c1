// A payee between voucher and answer, or a payer between signing and sending, in a process that can be killed there.
// usage: book_child payee|payer FOLDER     writes a byte to descriptor 3 when it is there; status 1 if it doesn't get there
#include <unistd.h>

#include <string>

#include "channel/book_store.hpp"
#include "tests/channel/channel_fixture.hpp"

using namespace gavel;
using namespace gavel::channel_test;

namespace {

bool take(World& world, node::Store& store) {
    auto book = world.payee_book(store);
    return book->accept(world.offer(1, "served"), 1).ok() && book->served(world.channel, 1, view_of("answer")).ok() &&
           book->accept(world.offer(2, "failed"), 1).ok() && book->failed(world.channel, 2).ok() &&
           book->accept(world.offer(4, "cut off"), 2).ok();
}

bool sign(World& world, node::Store& store) {
    auto book = world.payer_book(store);
    return book->add(world.terms, world.token, Amount{500}).ok() && book->sign(world.channel, 7).ok();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    World world;
    auto store = open_book_store(argv[2]);
    if (!store || !(argv[1] == std::string("payee") ? take(world, **store) : sign(world, **store))) return 1;
    if (write(3, "r", 1) != 1) return 1;
    alarm(60);
    for (;;) pause();
}
