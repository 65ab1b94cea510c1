// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// The newest in front (docs/protocol.md, "Chunk codec"). `items` has room for all that can come.
struct RecentList {
    uint256 length;
    uint256[] items;
}

library RecentLists {
    function make(uint256 room) internal pure returns (RecentList memory list) {
        list.items = new uint256[](room);
    }

    /// @return Whether it was in the list already.
    function put(RecentList memory list, uint256 value) internal pure returns (bool) {
        uint256[] memory items = list.items;
        uint256 length = list.length++;
        items[length] = value; // where the search ends at the latest; checks that there is room
        uint256 position;
        assembly ("memory-safe") {
            let item := add(items, 32)
            for {} xor(mload(item), value) {} { item := add(item, 32) }
            position := shr(5, sub(item, add(items, 32)))
        }
        if (position < length) return true;
        toFront(items, length, value);
        return false;
    }

    /// @param position below the length
    function take(RecentList memory list, uint256 position) internal pure returns (uint256 value) {
        value = list.items[position];
        toFront(list.items, position, value);
    }

    /// Puts `value` in front; what stood before `position`, a place that there is, goes one place back, over what stood there.
    function toFront(uint256[] memory items, uint256 position, uint256 value) private pure {
        assembly ("memory-safe") {
            let first := add(items, 32)
            mcopy(add(first, 32), first, shl(5, position))
            mstore(first, value)
        }
    }
}
