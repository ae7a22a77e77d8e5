"""The retired web services: the same classes and calls, over the targets of this packager."""

from infra.webservices.aci import AciServiceDeploymentConfiguration, AciWebservice
from infra.webservices.aks import AksServiceDeploymentConfiguration, AksWebservice
from infra.webservices.aks_endpoint import AksEndpoint, AksEndpointDeploymentConfiguration, EndpointVersion
from infra.webservices.configuration import WebserviceDeploymentConfiguration
from infra.webservices.deploying import deploy_image, deploy_models
from infra.webservices.local import LocalWebservice, LocalWebserviceDeploymentConfiguration
from infra.webservices.parts import (
    AutoScaler,
    ContainerResourceRequirements,
    DataCollection,
    EncryptionProperties,
    LivenessProbeRequirements,
    VnetConfiguration,
    WebServiceAccessToken,
)
from infra.webservices.webservice import Webservice, services_of

__all__ = [
    "AciServiceDeploymentConfiguration",
    "AciWebservice",
    "AksEndpoint",
    "AksEndpointDeploymentConfiguration",
    "AksServiceDeploymentConfiguration",
    "AksWebservice",
    "AutoScaler",
    "ContainerResourceRequirements",
    "DataCollection",
    "EncryptionProperties",
    "EndpointVersion",
    "LivenessProbeRequirements",
    "LocalWebservice",
    "LocalWebserviceDeploymentConfiguration",
    "VnetConfiguration",
    "WebServiceAccessToken",
    "Webservice",
    "WebserviceDeploymentConfiguration",
    "deploy_image",
    "deploy_models",
    "services_of",
]
