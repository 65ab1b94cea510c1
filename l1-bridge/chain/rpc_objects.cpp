#include "l1-bridge/chain/rpc_objects.hpp"

#include <algorithm>

#include "protocol/encoding.hpp"

namespace gavel::l1::rpc {
namespace {

Json header_json(const BlockHeader& header, const Hash& hash) {
    return {{"number", quantity(header.number)},
            {"hash", to_hex(hash)},
            {"parentHash", to_hex(header.parent_hash)},
            {"sha3Uncles", to_hex(kEmptyListHash)},
            {"miner", to_hex(header.coinbase)},
            {"stateRoot", to_hex(header.state_root)},
            {"transactionsRoot", to_hex(header.transactions_root)},
            {"receiptsRoot", to_hex(header.receipts_root)},
            {"logsBloom", to_hex(header.bloom)},
            {"difficulty", "0x0"},
            {"gasLimit", quantity(header.gas_limit)},
            {"gasUsed", quantity(header.gas_used)},
            {"timestamp", quantity(header.time)},
            {"extraData", to_hex(header.extra_data)},
            {"mixHash", to_hex(Hash{})},
            {"nonce", "0x0000000000000000"},
            {"baseFeePerGas", quantity(header.base_fee)},
            {"blobGasUsed", quantity(header.blob_gas.used)},
            {"excessBlobGas", quantity(header.blob_gas.excess)},
            {"parentBeaconBlockRoot", to_hex(Hash{})},
            {"requestsHash", to_hex(kEmptyRequestsHash)},
            {"withdrawalsRoot", to_hex(kEmptyTrieRoot)},
            {"withdrawals", Json::array()},
            {"uncles", Json::array()}};
}

// CRC-32 as in zlib, of which EIP-2124 makes a fork's identifier.
std::string fork_id(const Hash& genesis) {
    uint32_t crc = ~uint32_t{0};
    for (uint8_t byte : genesis.bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
    }
    return to_hex(ByteWriter().u32(~crc).bytes());
}

}  // namespace

Json transaction_json(const FoundTransaction& found) {
    Json out = to_json(found.transaction);
    bool mined = found.header.has_value();
    out["blockHash"] = mined ? Json(to_hex(found.block_hash)) : Json(nullptr);
    out["blockNumber"] = mined ? Json(quantity(found.header->number)) : Json(nullptr);
    out["transactionIndex"] = mined ? Json(quantity(found.index)) : Json(nullptr);
    out["gasPrice"] = quantity(found.effective_gas_price);
    return out;
}

Json block_json(const Block& block, bool full) {
    Json out = header_json(block.header, block.hash);
    Json transactions = Json::array();
    size_t size = block.header.encode().size();
    for (size_t i = 0; i < block.transactions.size(); ++i) {
        const SignedTransaction& transaction = block.transactions[i];
        size += transaction.raw.size();
        if (!full) {
            transactions.push_back(to_hex(transaction.hash));
            continue;
        }
        u128 price = block.receipts[i].effective_gas_price;
        transactions.push_back(transaction_json({transaction, block.header, block.hash, i, price}));
    }
    out["transactions"] = std::move(transactions);
    out["size"] = quantity(size);
    return out;
}

Json pending_json(const BlockHeader& header) {
    Json out = header_json(header, {});
    for (const char* unknown : {"hash", "nonce", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom"}) {
        out[unknown] = nullptr;
    }
    out["transactions"] = Json::array();
    out["size"] = quantity(header.encode().size());
    return out;
}

Json receipt_json(const Receipt& receipt) {
    std::vector<LogEntry> logs;
    for (const Log& log : receipt.logs) logs.push_back({log.address, log.topics, log.data});
    return to_json(receipt, bloom_of(logs));
}

Json config_json(const SimulatedChain& chain) {
    const BlobSchedule& schedule = chain.blob_schedule();
    const Json blobs{{"baseFeeUpdateFraction", schedule.update_fraction}, {"max", schedule.max}, {"target", schedule.target}};
    Json current{{"activationTime", 0},
                 {"blobSchedule", blobs},
                 {"chainId", quantity(chain.chain_id())},
                 {"forkId", fork_id(chain.block_at(0)->hash)},
                 {"precompiles", Json::object()},
                 {"systemContracts", Json::object()}};
    return {{"current", std::move(current)}, {"next", nullptr}, {"last", nullptr}};
}

Json rewards(const Block& block, const std::vector<double>& percentiles) {
    std::vector<std::pair<u128, uint64_t>> tips;
    for (const ReceiptRecord& receipt : block.receipts) {
        tips.emplace_back(receipt.effective_gas_price - block.header.base_fee, receipt.gas_used);
    }
    std::sort(tips.begin(), tips.end());
    Json out = Json::array();
    for (double percentile : percentiles) {
        double wanted = static_cast<double>(block.header.gas_used) * percentile / 100, sum = 0;
        u128 tip = 0;
        for (const auto& [one, gas_used] : tips) {
            tip = one;
            sum += static_cast<double>(gas_used);
            if (sum >= wanted) break;
        }
        out.push_back(quantity(tip));
    }
    return out;
}

}  // namespace gavel::l1::rpc
