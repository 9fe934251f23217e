// Where a lot with very many sources comes from, by district: what a certificate file carries instead of all
// of its evidence (field 9; proofs.md section 5).
//
// A source is a lot that was registered at a mine; its grams are what lots of the chain drew from it, all
// together. Its district is its site's ubigeo, else the site's country, else nothing. The root is that of an
// RFC 6962 tree whose entries are the SHA-256 of the CBOR [lot, district, dry, cu] of every source, ascending
// by lot (bytewise): who has the evidence computes the same, so two files of one checkpoint either agree or
// one of them lies.
//
// In a file:   9: [bstr root, [[tstr district, sources, dry, cu]...]]      ascending by district, bytewise
//
// The records of the lots made from others, as far as the file has them, commit to how many lots these were
// drawn from and to their grams, and not to the districts. Whether such a lot came from a mine or was itself
// made from others, whose record the node left out, only the whole file shows. Errors of reading are
// `malformed`: certificate.order, .form, .too_many, .hash, .too_large. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crypto/cbor.h"
#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/ids.h"

namespace anta {

inline constexpr std::size_t summary_districts_max = 8192;
inline constexpr std::size_t district_bytes_max = 200;

struct Source {
  LotId lot = {};
  std::string district = {};
  Grams dry_g = {};
  Grams cu_g = {};
};

struct SourceSummary {
  struct District {
    std::string district = {};
    std::uint64_t sources = 0;
    Grams dry_g = {};
    Grams cu_g = {};
    bool operator==(const District&) const = default;
  };
  Digest root = {};
  std::vector<District> districts = {};  // ascending

  std::uint64_t sources() const;
  Grams dry_g() const;
  Grams cu_g() const;
  bool operator==(const SourceSummary&) const = default;
};

SourceSummary summarise(std::vector<Source> sources);

void write_summary(cbor::Writer& out, const SourceSummary& summary);
Result<SourceSummary> read_summary(cbor::Reader& in);

}  // namespace anta
