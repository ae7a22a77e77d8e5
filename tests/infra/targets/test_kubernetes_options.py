from infra.target_options import options_of
from infra.targets.kubernetes import target
from infra.targets.kubernetes_options import KubernetesOptions


def test_a_command_line_can_say_all_of_them():
    said = {"namespace": "ml", "create-namespace": "true", "keda": "no", "cpu-limit": "1.5", "period-seconds": "5"}
    assert options_of(target, said) == KubernetesOptions(
        namespace="ml", create_namespace=True, keda=False, cpu_limit=1.5, period_seconds=5
    )
