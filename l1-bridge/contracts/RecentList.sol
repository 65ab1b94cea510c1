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

    function contains(RecentList memory list, uint256 value) internal pure returns (bool found) {
        assembly ("memory-safe") {
            let item := mload(add(list, 0x20))
            for { let end := add(item, shl(5, mload(list))) } lt(item, end) {} {
                item := add(item, 32)
                if eq(mload(item), value) {
                    found := 1
                    break
                }
            }
        }
    }

    function put(RecentList memory list, uint256 value) internal pure {
        toFront(list, list.length++, value);
    }

    /// @param position below the length
    function take(RecentList memory list, uint256 position) internal pure returns (uint256 value) {
        value = list.items[position];
        toFront(list, position, value);
    }

    /// Puts `value` in front; what stood before `position` goes one place back, over what stood there.
    function toFront(RecentList memory list, uint256 position, uint256 value) private pure {
        uint256[] memory items = list.items;
        items[position] = value; // checks that there is room
        assembly ("memory-safe") {
            let first := add(items, 32)
            mcopy(add(first, 32), first, shl(5, position))
            mstore(first, value)
        }
    }
}
