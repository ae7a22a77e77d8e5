from packager.proof import ProofOrder
from packager.proof_memory import MemoryProver, prove_package


def test_it_remembers_what_it_was_asked_for(tmp_path):
    prover, order = MemoryProver(), ProofOrder(app=tmp_path, target="somewhere")

    assert prover(order).state == "succeeded"
    assert prover.asked == [order]
    assert prove_package(order).succeeded
