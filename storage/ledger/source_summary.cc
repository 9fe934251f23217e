#include "storage/ledger/source_summary.h"

#include <algorithm>
#include <map>

#include "crypto/merkle.h"
#include "storage/ledger/certificate_reading.h"

namespace anta {
namespace {

using namespace certificate_reading;

Digest entry_of(const Source& source) {
  cbor::Writer out;
  out.array(4).text(source.lot.value).text(source.district);
  out.integer(source.dry_g.value).integer(source.cu_g.value);
  return sha256(out.take());
}

// Sums over all districts stay below 2^63.
constexpr std::uint64_t district_grams_max = std::uint64_t{1} << 49;

Result<Grams> read_grams(cbor::Reader& in) {
  const auto grams = in.uint();
  if (!grams) return pass(grams);
  if (*grams > district_grams_max)
    return in.refuse("certificate.form", "a district's grams are more than there can be");
  return Grams{static_cast<std::int64_t>(*grams)};
}

Result<SourceSummary::District> read_district(cbor::Reader& in) {
  SourceSummary::District district;
  if (auto parts = read_parts(in, 4, "a district"); !parts) return pass(parts);
  if (auto text = read_text(in, district_bytes_max, district.district, "a district's name"); !text)
    return pass(text);
  const auto sources = in.uint();
  if (!sources) return pass(sources);
  if (*sources == 0 || *sources > UINT32_MAX)
    return in.refuse("certificate.form", "a district is listed for its sources");
  district.sources = *sources;
  const auto dry = read_grams(in);
  if (!dry) return pass(dry);
  const auto cu = read_grams(in);
  if (!cu) return pass(cu);
  district.dry_g = *dry;
  district.cu_g = *cu;
  return district;
}

}  // namespace

std::uint64_t SourceSummary::sources() const {
  std::uint64_t sum = 0;
  for (const District& district : districts)
    sum += district.sources;
  return sum;
}

Grams SourceSummary::dry_g() const {
  Grams sum{};
  for (const District& district : districts)
    sum.value += district.dry_g.value;
  return sum;
}

Grams SourceSummary::cu_g() const {
  Grams sum{};
  for (const District& district : districts)
    sum.value += district.cu_g.value;
  return sum;
}

SourceSummary summarise(std::vector<Source> sources) {
  std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.lot < b.lot; });
  CompactRange range;
  std::map<std::string, SourceSummary::District> by_name;
  for (const Source& source : sources) {
    range.append(leaf_hash(entry_of(source).view()));
    SourceSummary::District& district = by_name[source.district];
    ++district.sources;
    district.dry_g.value += source.dry_g.value;
    district.cu_g.value += source.cu_g.value;
  }
  SourceSummary summary{.root = range.root()};
  for (auto& [name, district] : by_name) {
    district.district = name;
    summary.districts.push_back(std::move(district));
  }
  return summary;
}

void write_summary(cbor::Writer& out, const SourceSummary& summary) {
  out.array(2).bytes(summary.root.view()).array(summary.districts.size());
  for (const SourceSummary::District& district : summary.districts) {
    out.array(4).text(district.district).uint(district.sources);
    out.integer(district.dry_g.value).integer(district.cu_g.value);
  }
}

Result<SourceSummary> read_summary(cbor::Reader& in) {
  SourceSummary summary;
  if (auto parts = read_parts(in, 2, "field 9"); !parts) return pass(parts);
  const auto root = read_hash(in);
  if (!root) return pass(root);
  summary.root = *root;
  const auto count = read_array(in, summary_districts_max, "districts");
  if (!count) return pass(count);
  for (std::size_t i = 0; i < *count; ++i) {
    auto district = read_district(in);
    if (!district) return pass(district);
    if (i > 0 && district->district <= summary.districts.back().district)
      return in.refuse("certificate.order", "districts are not ascending");
    summary.districts.push_back(std::move(*district));
  }
  return summary;
}

}  // namespace anta
