# Shows that the law's suite notices each of these one-line faults: run by ctest as law_mutants with -DPROGRAM.
set(failed "")
foreach(mutant none credit_to_ineligible void_from_ignored reservation_ignored half_up_rounding model_from_site_only
    vote_twice silence_approves lost_vote_counts second_voter node_changed_since retired_key effect_unchecked)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env ANTA_LAW_MUTANT=${mutant} ${PROGRAM} --gtest_brief=1 --gtest_filter=-LawProperty.*
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX MATCHALL "\\[  FAILED  \\] [A-Za-z_]+\\.[A-Za-z_]+" tests "${output}")
  list(REMOVE_DUPLICATES tests)
  list(LENGTH tests count)
  message(STATUS "${mutant}: exit ${result}, ${count} tests fail")
  if(mutant STREQUAL none AND NOT result EQUAL 0)
    string(APPEND failed "the law itself fails its suite in this build:\n${output}\n")
  elseif(NOT mutant STREQUAL none AND NOT result EQUAL 1)
    string(APPEND failed "no test notices the fault ${mutant}\n")
  endif()
endforeach()
if(failed)
  message(FATAL_ERROR "${failed}")
endif()
